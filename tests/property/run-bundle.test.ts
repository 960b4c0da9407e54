import { describe, expect, it } from 'vitest';
import { RenataError } from '../../engine/domain/errors.ts';
import { readBundle } from '../../engine/report/bundle.ts';
import { canonicalJson } from '../../engine/report/canonical-json.ts';
import { readZip, writeZip } from '../../engine/report/zip.ts';
import { bundleFile, DEFLATE } from '../unit/engine/report/bundle-file.ts';
import { fc } from '../support/properties.ts';

const FILE = bundleFile();

function refuses(bytes: Uint8Array): void {
  try {
    readBundle(bytes, DEFLATE);
  } catch (error) {
    expect(error).toBeInstanceOf(RenataError);
    expect((error as RenataError).code).toMatch(/^(?:BAD_FILE|TOO_LARGE)$/);
    return;
  }
  throw new Error('a changed bundle was opened');
}

describe('a run bundle', () => {
  it('opens as it was written', () => {
    expect(readBundle(FILE, DEFLATE).manifest.run.barCount).toBe(120);
  });

  it('is refused after any single bit was flipped', () => {
    fc.assert(
      fc.property(fc.nat(FILE.length - 1), fc.nat(7), (at, bit) => {
        const changed = FILE.slice();
        changed[at] = (changed[at] as number) ^ (1 << bit);
        refuses(changed);
      }),
      { numRuns: 400 },
    );
  });

  it('is refused when cut, lengthened, or pieced together anew', () => {
    fc.assert(
      fc.property(
        fc.nat(FILE.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        (at, extra) => {
          refuses(FILE.subarray(0, at));
          const longer = new Uint8Array(FILE.length + extra.length);
          longer.set(FILE.subarray(0, at));
          longer.set(extra, at);
          longer.set(FILE.subarray(at), at + extra.length);
          refuses(longer);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('of random bytes is refused, and never by anything but a RenataError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => refuses(bytes)),
      { numRuns: 200 },
    );
  });
});

describe('the archive inside', () => {
  it('takes no flipped bit even without the seal', () => {
    const parts = [
      { name: 'manifest.json', bytes: new TextEncoder().encode('{"a":1}'.repeat(30)) },
      { name: 'b.bin', bytes: Uint8Array.from({ length: 64 }, (_, i) => (i * 37) & 255) },
    ];
    const file = writeZip(parts, DEFLATE, '');
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(7), (at, bit) => {
        const changed = file.slice();
        changed[at] = (changed[at] as number) ^ (1 << bit);
        let read: ReturnType<typeof readZip>;
        try {
          read = readZip(changed, DEFLATE, { parts: 4, bytes: 10_000 });
        } catch (error) {
          expect(error).toBeInstanceOf(RenataError);
          return;
        }
        // Deflate has bits that mean nothing; what they leave alone is the content. A name's letter may
        // not differ in one header only, so a changed name would have to be in both.
        expect(read.parts.map(({ bytes }) => Uint8Array.from(bytes))).toEqual(
          parts.map(({ bytes }) => bytes),
        );
        expect(read.parts.map(({ name }) => name)).toEqual(parts.map(({ name }) => name));
      }),
      { numRuns: 400 },
    );
  });
});

describe('canonical JSON', () => {
  it('has the same value, and the same text whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const text = canonicalJson(value);
        // JSON has no -0.
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(JSON.parse(text)))).toBe(text);
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
