import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowState {
  /** Of the window when it is not maximized; null lets the system place it. */
  readonly bounds: Rectangle | null;
  readonly maximized: boolean;
}

export const DEFAULT_SIZE = { width: 1440, height: 900 } as const;
export const MINIMUM_SIZE = { width: 800, height: 560 } as const;

const side = z.number().int().min(-100_000).max(100_000);
const windowState = z.strictObject({
  bounds: z.strictObject({ x: side, y: side, width: side, height: side }).nullable(),
  maximized: z.boolean(),
});

const FILE = 'window.json';
/** So much of the title bar has to be on a screen that the window can be moved back. */
const GRIP = { width: 120, height: 40 } as const;

/** Where the window was last; the default where that is unknown or on a screen that is gone. */
export function loadWindowState(dataDirectory: string, screens: readonly Rectangle[]): WindowState {
  try {
    const stored = windowState.parse(JSON.parse(readFileSync(join(dataDirectory, FILE), 'utf8')));
    const { bounds, maximized } = stored;
    return { bounds: bounds !== null && isReachable(bounds, screens) ? bounds : null, maximized };
  } catch {
    return { bounds: null, maximized: false };
  }
}

/** Written when the window closes; a failure only costs the position. */
export function saveWindowState(dataDirectory: string, state: WindowState): void {
  try {
    writeFileSync(join(dataDirectory, FILE), JSON.stringify(state));
  } catch {
    // The next start takes the default.
  }
}

function isReachable(bounds: Rectangle, screens: readonly Rectangle[]): boolean {
  if (bounds.width < MINIMUM_SIZE.width || bounds.height < MINIMUM_SIZE.height) return false;
  return screens.some((screen) => {
    const left = Math.max(bounds.x, screen.x);
    const right = Math.min(bounds.x + bounds.width, screen.x + screen.width);
    const top = Math.max(bounds.y, screen.y);
    const bottom = Math.min(bounds.y + GRIP.height, screen.y + screen.height);
    return right - left >= GRIP.width && bottom - top >= GRIP.height / 2;
  });
}
