import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  KeyRing,
  NO_VAULT,
  variableOf,
  type Vault,
} from '../../../../electron/services/connections/keys.ts';

/** Turns every byte round: no protection, but not the text either. */
function vaultOf(strength: 'keychain' | 'weak'): Vault {
  return {
    strength,
    name: 'test',
    seal: (text) => Buffer.from(text).map((byte) => byte ^ 0x5a),
    open: (sealed) => Buffer.from(sealed.map((byte) => byte ^ 0x5a)).toString('utf8'),
  };
}

const SECRET = 'PK+very/secret=1';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('keys', () => {
  it('are sealed on the disk, for the user alone, and found again', () => {
    const ring = new KeyRing(folder, vaultOf('keychain'), {});
    ring.set('alpaca', { keyId: SECRET }, false);
    const path = join(folder, 'keys.json');
    expect(readFileSync(path, 'utf8')).not.toContain(SECRET);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = new KeyRing(folder, vaultOf('keychain'), {});
    expect(again.list('alpaca', ['keyId', 'secret'])).toEqual([
      { name: 'keyId', place: 'keychain' },
    ]);
    expect(again.get('alpaca', ['keyId', 'secret'])).toEqual({ keyId: SECRET });
  });

  it('go to a weak store only when the user agrees', () => {
    const ring = new KeyRing(folder, vaultOf('weak'), {});
    expect(() => ring.set('alpaca', { keyId: SECRET }, false)).toThrow(
      /protects keys only weakly .*RENATA_ALPACA_KEY_ID/,
    );
    expect(ring.list('alpaca', ['keyId'])).toEqual([]);
    ring.set('alpaca', { keyId: SECRET }, true);
    expect(ring.list('alpaca', ['keyId'])).toEqual([{ name: 'keyId', place: 'weak' }]);
  });

  it('stay in memory where there is no keychain, and never reach the disk', () => {
    const ring = new KeyRing(folder, NO_VAULT, {});
    ring.set('alpaca', { keyId: SECRET }, false);
    expect(ring.get('alpaca', ['keyId'])).toEqual({ keyId: SECRET });
    expect(() => statSync(join(folder, 'keys.json'))).toThrow('ENOENT');
    expect(new KeyRing(folder, NO_VAULT, {}).get('alpaca', ['keyId'])).toEqual({});
  });

  it('of the environment come first and are not written', () => {
    const ring = new KeyRing(folder, vaultOf('keychain'), {
      RENATA_ALPACA_KEY_ID: 'from-environment',
    });
    ring.set('alpaca', { keyId: SECRET }, false);
    expect(ring.get('alpaca', ['keyId'])).toEqual({ keyId: 'from-environment' });
    expect(ring.list('alpaca', ['keyId'])).toEqual([{ name: 'keyId', place: 'environment' }]);
    expect(readFileSync(join(folder, 'keys.json'), 'utf8')).not.toContain('from-environment');
  });

  it('are forgotten when asked', () => {
    const ring = new KeyRing(folder, vaultOf('keychain'), {});
    ring.set('alpaca', { keyId: SECRET }, false);
    ring.set('binance', { keyId: 'another-secret' }, false);
    ring.forget('alpaca');
    expect(new KeyRing(folder, vaultOf('keychain'), {}).get('alpaca', ['keyId'])).toEqual({});
    expect(new KeyRing(folder, vaultOf('keychain'), {}).get('binance', ['keyId'])).toEqual({
      keyId: 'another-secret',
    });
  });

  it('that cannot be opened any more are asked for again, without a word of them', () => {
    new KeyRing(folder, vaultOf('keychain'), {}).set('alpaca', { keyId: SECRET }, false);
    const changed: Vault = {
      ...vaultOf('keychain'),
      open: () => {
        throw new Error(`cannot open ${SECRET}`);
      },
    };
    const ring = new KeyRing(folder, changed, {});
    expect(() => ring.get('alpaca', ['keyId'])).toThrow(
      /keyId of alpaca cannot be opened .*enter it again/,
    );
    expect(() => ring.get('alpaca', ['keyId'])).not.toThrow(SECRET);
  });

  it('begin anew with a file that is none', () => {
    writeFileSync(join(folder, 'keys.json'), '{ broken');
    expect(new KeyRing(folder, vaultOf('keychain'), {}).get('alpaca', ['keyId'])).toEqual({});
  });

  it('are taken out of every text, plain and encoded for an address', () => {
    const ring = new KeyRing(folder, NO_VAULT, {});
    ring.set('alpaca', { keyId: SECRET, pin: '1234' }, false);
    const text = `GET https://x/?key=${encodeURIComponent(SECRET)} with ${SECRET}, twice ${SECRET}; pin 1234`;
    expect(ring.redact(text)).toBe(
      'GET https://x/?key=[redacted] with [redacted], twice [redacted]; pin 1234',
    );
  });

  it.each([
    ['alpaca', 'keyId', 'RENATA_ALPACA_KEY_ID'],
    ['interactive-brokers', 'password', 'RENATA_INTERACTIVE_BROKERS_PASSWORD'],
    ['binance', 'apiSecret', 'RENATA_BINANCE_API_SECRET'],
  ])('of %s %s are the variable %s%s', (connection, name, variable) => {
    expect(variableOf(connection, name)).toBe(variable);
  });
});
