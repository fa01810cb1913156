/** A file that was handed over: opened with Docket, or dropped on the window. The import screen takes it. */
import { getCurrentWebview } from '@tauri-apps/api/webview';
import { core, events } from './core';
import { nav } from './nav.svelte';

class Handed {
  /** A file is held over the window. */
  over = $state(false);
  /** The file that the import screen has still to look at. */
  path = $state<string | null>(null);

  open(file: string): void {
    this.path = file;
    nav.go('import');
  }

  async look(): Promise<void> {
    const file = await core.takeHandedFile();
    if (file) this.open(file);
  }

  /** Listens until the returned function is called. The import screen has a place of its own for drops. */
  follow(): () => void {
    const told = events.fileHanded.listen(() => void this.look());
    const dropped = getCurrentWebview()
      .onDragDropEvent(({ payload }) => {
        this.over = payload.type === 'enter' || payload.type === 'over';
        if (payload.type === 'drop' && payload.paths[0]) this.open(payload.paths[0]);
      })
      .catch(() => () => undefined);
    void this.look();
    return () => {
      for (const listening of [told, dropped]) void listening.then((unlisten) => unlisten());
    };
  }
}

export const handed = new Handed();
