/**
 * The page on a stand-in core, for looking at it in a browser: `npm run dev`, then /tests/fixture.html. It may be asked
 * for a language (`?speak=ar-XB`), the pseudo-locale among them.
 */
import { FakeCore } from './fake-core';
import { enliven } from './lively';

const speak = new URLSearchParams(location.search).get('speak');
if (speak) localStorage.setItem('PARAGLIDE_LOCALE', speak);
enliven(new FakeCore()).install();
await import('../src/main');
