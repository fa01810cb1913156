import '@testing-library/jest-dom/vitest';
import { clearMocks } from '@tauri-apps/api/mocks';
import { cleanup, configure } from '@testing-library/svelte';
import { afterEach } from 'vitest';

// Without a layout nothing has a size, and a virtual list would show nothing.
Object.defineProperty(HTMLElement.prototype, 'offsetHeight', { configurable: true, value: 480 });
Object.defineProperty(HTMLElement.prototype, 'offsetWidth', { configurable: true, value: 900 });
Element.prototype.scrollTo ??= () => undefined;
Element.prototype.scrollIntoView ??= () => undefined;
// Nothing changes its size where nothing has one.
globalThis.ResizeObserver ??= class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};

configure({ asyncUtilTimeout: 10_000 });

afterEach(async () => {
  cleanup();
  // What listened stops listening in promises; the stand-in must outlive them.
  await new Promise((done) => setTimeout(done));
  clearMocks();
  sessionStorage.clear();
  localStorage.clear();
});
