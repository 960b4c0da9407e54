import type { BrowserWindow } from 'electron';

const POLL_MS = 20;
/** Set by the window's page once its default workspace shows data and takes input. */
const IS_READY = "document.documentElement.dataset.renataReady === 'true'";

/**
 * Prints how long after the start of the process the window became usable; for measurements, on demand.
 * @param startedAt UnixMillis
 */
export function logWhenUsable(window: BrowserWindow, startedAt: number): void {
  const timer = setInterval(() => {
    if (window.isDestroyed()) {
      clearInterval(timer);
      return;
    }
    if (window.webContents.isLoadingMainFrame()) return;
    window.webContents.executeJavaScript(IS_READY).then(
      (ready: unknown) => {
        if (ready !== true || !timer.hasRef()) return;
        timer.unref();
        clearInterval(timer);
        process.stdout.write(`renata: window usable after ${Date.now() - startedAt} ms\n`);
      },
      () => undefined,
    );
  }, POLL_MS);
}
