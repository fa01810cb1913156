/** What screen readers are told: what changed politely, what needs a person at once. */
class Announcer {
  polite = $state('');
  assertive = $state('');

  say(words: string): void {
    this.polite = words;
  }

  alert(words: string): void {
    this.assertive = words;
  }
}

export const announcer = new Announcer();
