/** What platforms call the members of their credentials, and which of them are secret. */
import { m } from '../paraglide/messages.js';

const WORDS: Record<string, () => string> = {
  api_key: m.secret_api_key,
  client_id: m.secret_client_id,
  client_secret: m.secret_client_secret,
  customer_id: m.secret_customer_id,
  token_url: m.secret_token_url,
  developer_id: m.secret_developer_id,
  key_id: m.secret_key_id,
  signing_secret: m.secret_signing_secret,
};

/** These are shown while they are typed: a mistake in them can be seen, and nobody gets in with them alone. */
const OPEN = ['client_id', 'customer_id', 'developer_id', 'key_id', 'token_url'];

export const secretWord = (name: string): string => WORDS[name]?.() ?? name;

export const isSecret = (name: string): boolean => !OPEN.includes(name);

/** What was given, without what was left empty. */
export const givenOf = (secrets: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(secrets)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );
