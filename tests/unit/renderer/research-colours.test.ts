import { describe, expect, it } from 'vitest';
import {
  domainOf,
  SHADES,
  shadeOf,
  shadesFor,
  takesBlack,
} from '../../../renderer/panels/research/colour-scale.ts';

/** Checks by CIE L*a*b* (1976) and the matrices of Machado, Oliveira and Fernandes (2009), not by OKLab. */

type Three = readonly [number, number, number];

function linear(byte: number): number {
  const part = byte / 255;
  return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}

function labOf([r, g, b]: Three): Three {
  const x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.950_47;
  const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  const z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.088_83;
  const f = (t: number): number => (t > 216 / 24_389 ? Math.cbrt(t) : (841 / 108) * t + 4 / 29);
  return [116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))];
}

const SEES: Readonly<Record<string, readonly Three[]>> = {
  everything: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red': [
    [0.152_286, 1.052_583, -0.204_868],
    [0.114_503, 0.786_281, 0.099_216],
    [-0.003_882, -0.048_116, 1.051_998],
  ],
  'no green': [
    [0.367_322, 0.860_646, -0.227_968],
    [0.280_085, 0.672_501, 0.047_413],
    [-0.011_82, 0.042_94, 0.968_881],
  ],
  'no blue': [
    [1.255_528, -0.076_749, -0.178_779],
    [-0.078_411, 0.930_809, 0.147_602],
    [0.004_733, 0.691_367, 0.303_9],
  ],
};

function seen(shades: Uint8ClampedArray, shade: number, matrix: readonly Three[]): Three {
  const colour = [0, 1, 2].map((k) => linear(shades[shade * 3 + k] as number)) as unknown as Three;
  const [r, g, b] = matrix.map((row) =>
    Math.min(1, Math.max(0, row[0] * colour[0] + row[1] * colour[1] + row[2] * colour[2])),
  );
  return labOf([r as number, g as number, b as number]);
}

const distance = (a: Three, b: Three): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
const places = Array.from({ length: 16 }, (_, k) => Math.round((k / 15) * (SHADES - 1)));

describe('the colours of the heat map', () => {
  it.each(Object.entries(SEES))('keep their order for eyes that see %s', (_name, matrix) => {
    const lightness = Array.from(
      { length: SHADES },
      (_, k) => seen(shadesFor('dark'), k, matrix)[0],
    );
    for (let k = 8; k < SHADES; k += 1) {
      expect(lightness[k]).toBeGreaterThan(lightness[k - 8] as number);
    }
    expect((lightness.at(-1) as number) - (lightness[0] as number)).toBeGreaterThan(55);
  });

  it.each(Object.entries(SEES))('take steps that are told apart by %s', (_name, matrix) => {
    const colours = places.map((place) => seen(shadesFor('dark'), place, matrix));
    const steps = colours.slice(1).map((colour, k) => distance(colour, colours[k] as Three));
    // About 2.3 is just seen.
    expect(Math.min(...steps)).toBeGreaterThan(4);
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(3.2);
  });

  it('stand out where they are high: bright on dark, dark on light', () => {
    const whole = SEES['everything'] as readonly Three[];
    const dark = shadesFor('dark');
    const light = shadesFor('light');
    expect(seen(dark, SHADES - 1, whole)[0]).toBeGreaterThan(85);
    expect(seen(light, SHADES - 1, whole)[0]).toBeLessThan(35);
    expect(light.slice(0, 3)).toEqual(dark.slice(-3));
    expect(shadesFor('contrast')).toBe(dark);
  });

  it('carry texts of a contrast of at least 4.5', () => {
    const shades = shadesFor('dark');
    for (let shade = 0; shade < SHADES; shade += 1) {
      const [r, g, b] = [0, 1, 2].map((k) => linear(shades[shade * 3 + k] as number));
      const luminance = 0.2126 * (r as number) + 0.7152 * (g as number) + 0.0722 * (b as number);
      const contrast = takesBlack(shades, shade)
        ? (luminance + 0.05) / 0.05
        : 1.05 / (luminance + 0.05);
      expect(contrast).toBeGreaterThanOrEqual(4.5);
    }
  });
});

describe('the values of the colours', () => {
  it('reach from the least to the largest number', () => {
    expect(domainOf([3, Number.NaN, -1, 2, Number.POSITIVE_INFINITY], false)).toEqual({
      low: -1,
      high: 3,
    });
    expect(domainOf([Number.NaN], false)).toBeNull();
  });

  it('leave the outermost 2 % out when that is wanted', () => {
    // Of 1 to 100, two on either side.
    const values = Array.from({ length: 100 }, (_, k) => k + 1);
    expect(domainOf(values, true)).toEqual({ low: 3, high: 98 });
    expect(domainOf([1, 2, 1_000], true)).toEqual({ low: 1, high: 1_000 });
  });

  it('become shades, and what lies outside the ends', () => {
    const domain = { low: 0, high: 2 };
    expect([-5, 0, 1, 2, 9, Number.NaN].map((value) => shadeOf(value, domain))).toEqual([
      0, 0, 128, 255, 255, -1,
    ]);
    expect(shadeOf(4, { low: 4, high: 4 })).toBe(128);
  });
});
