import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Session, WebContents } from 'electron';
import { describe, expect, it } from 'vitest';
import { answer } from '../../electron/shell/app-protocol.ts';
import {
  developmentUrl,
  guardContents,
  guardSession,
  isExternalLink,
  isOwnPage,
  webPreferences,
} from '../../electron/shell/guards.ts';
import { menuTemplate } from '../../electron/shell/menu.ts';
import { loadWindowState, saveWindowState } from '../../electron/shell/window-bounds.ts';

describe('guards of the desktop window', () => {
  it('keep Node away from the page', () => {
    expect(webPreferences('/x/preload.cjs', false)).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      devTools: false,
    });
  });

  it('take a development server only on this machine and only unpackaged', () => {
    expect(developmentUrl(false, 'http://localhost:5173')?.origin).toBe('http://localhost:5173');
    expect(developmentUrl(false, 'http://127.0.0.1:5173/')?.origin).toBe('http://127.0.0.1:5173');
    expect(developmentUrl(true, 'http://localhost:5173')).toBeUndefined();
    expect(developmentUrl(false, 'http://example.org')).toBeUndefined();
    expect(developmentUrl(false, 'http://localhost.example.org')).toBeUndefined();
    expect(developmentUrl(false, 'file:///tmp/x')).toBeUndefined();
    expect(developmentUrl(false, 'nonsense')).toBeUndefined();
    expect(developmentUrl(false, undefined)).toBeUndefined();
  });

  it.each([
    ['renata://app/', true],
    ['renata://app/index.html', true],
    ['renata://apple/', false],
    ['renata://app.example.org/', false],
    ['renata://user@app/', true],
    ['https://app/', false],
    ['file:///app/', false],
    ['about:blank', false],
    ['http://localhost:5173/', false],
    ['', false],
  ])('know own pages: %s is %s', (url, own) => {
    expect(isOwnPage(url, undefined)).toBe(own);
  });

  it('know the pages of the development server while there is one', () => {
    const development = new URL('http://localhost:5173');
    expect(isOwnPage('http://localhost:5173/x', development)).toBe(true);
    expect(isOwnPage('http://localhost:5174/', development)).toBe(false);
  });

  it.each([
    ['https://www.tradingview.com/', true],
    ['https://github.com/a/b', true],
    ['http://github.com/', false],
    ['https://github.com.example.org/', false],
    ['https://github.com@example.org/', false],
    ['https://user:pw@github.com/', false],
    ['https://github.com:8443/', false],
    ['file:///etc/passwd', false],
    ['javascript:alert(1)', false],
    ['ms-settings:', false],
    ['', false],
  ])('hand links to the browser by host: %s is %s', (url, allowed) => {
    expect(isExternalLink(url)).toBe(allowed);
  });

  it('deny navigation, redirects, web views and new windows', () => {
    const listeners = new Map<string, (event: { preventDefault(): void }) => void>();
    let openHandler: ((details: { url: string }) => { action: string }) | undefined;
    const opened: string[] = [];
    const contents = {
      on: (name: string, listener: (event: { preventDefault(): void }) => void) =>
        listeners.set(name, listener),
      setWindowOpenHandler: (handler: (details: { url: string }) => { action: string }) => {
        openHandler = handler;
      },
    };
    guardContents(contents as unknown as WebContents, (url) => opened.push(url));
    for (const name of [
      'will-navigate',
      'will-frame-navigate',
      'will-redirect',
      'will-attach-webview',
    ]) {
      let prevented = false;
      listeners.get(name)?.({ preventDefault: () => (prevented = true) });
      expect([name, prevented]).toEqual([name, true]);
    }
    for (const url of ['https://example.org/', 'https://github.com/', 'renata://app/']) {
      expect(openHandler?.({ url })).toEqual({ action: 'deny' });
    }
    expect(opened).toEqual(['https://github.com/']);
  });

  it('deny every permission and device', () => {
    const granted: unknown[] = [];
    const session = {
      setPermissionRequestHandler: (
        handler: (contents: null, permission: string, reply: (ok: boolean) => void) => void,
      ) => handler(null, 'media', (ok) => granted.push(ok)),
      setPermissionCheckHandler: (handler: () => boolean) => granted.push(handler()),
      setDevicePermissionHandler: (handler: () => boolean) => granted.push(handler()),
      setDisplayMediaRequestHandler: (
        handler: (request: null, reply: (streams: object) => void) => void,
      ) => handler(null, (streams) => granted.push(Object.keys(streams).length > 0)),
    };
    guardSession(session as unknown as Session);
    expect(granted).toEqual([false, false, false, false]);
  });

  it('show developer tools in the menu of development builds only', () => {
    const roles = (isDevelopment: boolean): string =>
      JSON.stringify(menuTemplate('linux', isDevelopment));
    expect(roles(true)).toContain('toggleDevTools');
    expect(roles(false)).not.toContain('toggleDevTools');
  });
});

describe('the scheme of the desktop window', () => {
  it('serves the build under the strict policy and nothing else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'renata-app-'));
    try {
      writeFileSync(join(folder, 'index.html'), '<!doctype html>');
      const page = await answer(new Request('renata://app/'), folder);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await page.text()).toBe('<!doctype html>');
      for (const url of ['renata://other/', 'renata://app/%2e%2e/x', 'renata://app/none.js']) {
        expect((await answer(new Request(url), folder)).status).toBe(404);
      }
      const post = new Request('renata://app/', { method: 'POST', body: 'x' });
      expect((await answer(post, folder)).status).toBe(404);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

describe('the position of the window', () => {
  const screens = [{ x: 0, y: 0, width: 1920, height: 1080 }];

  function restored(stored: unknown): ReturnType<typeof loadWindowState> {
    const folder = mkdtempSync(join(tmpdir(), 'renata-bounds-'));
    try {
      const text = typeof stored === 'string' ? stored : JSON.stringify(stored);
      writeFileSync(join(folder, 'window.json'), text);
      return loadWindowState(folder, screens);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  it('comes back as it was saved', () => {
    const folder = mkdtempSync(join(tmpdir(), 'renata-bounds-'));
    const state = { bounds: { x: 10, y: 20, width: 1000, height: 700 }, maximized: true };
    saveWindowState(folder, state);
    expect(loadWindowState(folder, screens)).toEqual(state);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    expect(loadWindowState(folder, screens)).toEqual({ bounds: null, maximized: false });
  });

  it.each([
    ['on a screen that is gone', { x: 4000, y: 0, width: 1000, height: 700 }],
    ['above the screen', { x: 0, y: -600, width: 1000, height: 700 }],
    ['below the screen', { x: 0, y: 1075, width: 1000, height: 700 }],
    ['too small to use', { x: 0, y: 0, width: 10, height: 10 }],
  ])('is left to the system when it was %s', (_name, bounds) => {
    expect(restored({ bounds, maximized: false }).bounds).toBeNull();
  });

  it.each(['', '{', '{"bounds":{"x":"a"}}', 'null', '[]'])('survives a broken file: %j', (text) => {
    expect(restored(text)).toEqual({ bounds: null, maximized: false });
  });
});
