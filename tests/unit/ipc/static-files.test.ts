import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentSecurityPolicy, readStaticFile } from '../../../electron/ipc/static-files.ts';
import { fc } from '../../support/properties.ts';

let folder = '';
let build = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-static-'));
  build = join(folder, 'renderer');
  mkdirSync(join(build, 'assets'), { recursive: true });
  mkdirSync(join(folder, 'renderer-private'));
  writeFileSync(join(build, 'index.html'), '<!doctype html>');
  writeFileSync(join(build, 'assets/index-BxY12_ab.js'), 'export {};');
  writeFileSync(join(build, 'notes.exe'), 'no');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'renderer-private/secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(build, 'link.txt'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('files of the window', () => {
  it('are served with their type, and kept only when their name follows their content', async () => {
    const page = await readStaticFile(build, '/');
    expect(page?.headers['Content-Type']).toBe('text/html; charset=utf-8');
    expect(page?.headers['Cache-Control']).toBe('no-cache');
    const script = await readStaticFile(build, '/assets/index-BxY12_ab.js');
    expect(script?.headers['Content-Type']).toBe('text/javascript; charset=utf-8');
    expect(script?.headers['Cache-Control']).toContain('immutable');
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/assets/../../secret.txt',
    '/..\\secret.txt',
    '/%5c..%5csecret.txt',
    '/../renderer-private/secret.txt',
    '/link.txt',
    '/secret.txt%00.html',
    '/%',
    '/C:/secret.txt',
    '//secret.txt',
    '/notes.exe',
    '/assets',
    'index.html',
    '',
  ])('do not include %j', async (path) => {
    expect(await readStaticFile(build, path)).toBeUndefined();
  });

  it('never include anything outside of the folder', async () => {
    const part = fc.constantFrom('..', '.', '%2e%2e', '/', '\\', '%2f', '%5c', 'secret.txt', 'a');
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const file = await readStaticFile(build, `/${parts.join('')}`);
        const text = file === undefined ? '' : new TextDecoder().decode(file.bytes);
        expect(text).not.toContain('secret');
      }),
    );
  });

  it('come under a policy that runs no foreign and no inline script', () => {
    const policy = contentSecurityPolicy(['ws://127.0.0.1:7311/socket']);
    const rules = new Map(
      policy.split('; ').map((rule) => {
        const [name = '', ...values] = rule.split(' ');
        return [name, values] as const;
      }),
    );
    expect(rules.get('default-src')).toEqual(["'none'"]);
    expect(rules.get('script-src')).toEqual(["'self'"]);
    expect(rules.get('connect-src')).toEqual(["'self'", 'ws://127.0.0.1:7311/socket']);
    for (const none of ['base-uri', 'form-action', 'frame-ancestors', 'object-src']) {
      expect(rules.get(none)).toEqual(["'none'"]);
    }
    expect(policy).not.toMatch(/unsafe-eval|https?:|\*/);
    // Tear sheets are written into their frame: no address may be framed.
    expect(rules.has('frame-src') || rules.has('child-src')).toBe(false);
  });
});
