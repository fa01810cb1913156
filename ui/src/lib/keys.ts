/** Where a key was pressed: keys of the page do not work in a field or in a dialog. */
export const isTyping = (event: KeyboardEvent): boolean =>
  event.target instanceof Element && event.target.matches('input, textarea, select, [contenteditable]');

export const inDialog = (event: KeyboardEvent): boolean =>
  event.target instanceof Element && event.target.closest('[role="dialog"], [role="alertdialog"]') !== null;
