/**
 * The colours of a heat map: from a dark blue over teal to a pale yellow, even steps for the eye. Lightness
 * rises all the way, so that the order is kept for the colour-blind and on paper.
 */

/** Colours of the scale; more could not be told apart. */
export const SHADES = 256;
/** Fine enough that the steps between are equal to a part in a thousand. */
const SAMPLES = 2_048;

interface Lab {
  readonly lightness: number;
  readonly a: number;
  readonly b: number;
}

/** Where the way through the colours is at `t`, in OKLab (Björn Ottosson, 2020). */
function wayAt(t: number): Lab {
  const lightness = 0.31 + 0.61 * t;
  const hue = ((285 - 180 * t) * Math.PI) / 180;
  let chroma = 0.125 - 0.09 * t * (1 - t) + 0.015 * t;
  // What no screen can show is made paler until one can.
  for (let tries = 0; tries < 40; tries += 1) {
    const lab = { lightness, a: chroma * Math.cos(hue), b: chroma * Math.sin(hue) };
    if (linearOf(lab).every((part) => part >= 0 && part <= 1)) return lab;
    chroma *= 0.97;
  }
  return { lightness, a: 0, b: 0 };
}

/** Linear red, green and blue; outside 0..1 where a screen cannot show the colour. */
function linearOf({ lightness, a, b }: Lab): readonly [number, number, number] {
  const l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b) ** 3;
  const m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b) ** 3;
  const s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b) ** 3;
  return [
    4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
    -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
    -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
  ];
}

function byte(linear: number): number {
  const part = linear <= 0.003_130_8 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(Math.min(1, Math.max(0, part)) * 255);
}

/** Red, green and blue of each shade, the lowest first, equally far from one to the next. */
function makeShades(): Uint8ClampedArray {
  const way = Array.from({ length: SAMPLES }, (_, k) => wayAt(k / (SAMPLES - 1)));
  const lengths = new Float64Array(SAMPLES);
  for (let k = 1; k < SAMPLES; k += 1) {
    const [from, to] = [way[k - 1] as Lab, way[k] as Lab];
    lengths[k] =
      (lengths[k - 1] as number) +
      Math.hypot(to.lightness - from.lightness, to.a - from.a, to.b - from.b);
  }
  const whole = lengths[SAMPLES - 1] as number;
  const shades = new Uint8ClampedArray(SHADES * 3);
  let k = 0;
  for (let shade = 0; shade < SHADES; shade += 1) {
    const wanted = (shade / (SHADES - 1)) * whole;
    while (k < SAMPLES - 1 && (lengths[k] as number) < wanted) k += 1;
    linearOf(way[k] as Lab).forEach((part, channel) => {
      shades[shade * 3 + channel] = byte(part);
    });
  }
  return shades;
}

let ascending: Uint8ClampedArray | undefined;
let descending: Uint8ClampedArray | undefined;

/** What is high stands out: bright on a dark ground, dark on a light one. */
export function shadesFor(theme: string): Uint8ClampedArray {
  ascending ??= makeShades();
  if (theme !== 'light') return ascending;
  if (descending === undefined) {
    descending = new Uint8ClampedArray(ascending.length);
    for (let shade = 0; shade < SHADES; shade += 1) {
      const from = (SHADES - 1 - shade) * 3;
      descending.set(ascending.subarray(from, from + 3), shade * 3);
    }
  }
  return descending;
}

export interface Domain {
  readonly low: number;
  readonly high: number;
}

/**
 * The values that the scale reaches over.
 * @param clipped leaves the outermost 2 % on either side out, which would take all colours for themselves
 * @returns null when there is no number
 */
export function domainOf(values: ArrayLike<number>, clipped: boolean): Domain | null {
  const found = Float64Array.from(values).filter(Number.isFinite).toSorted();
  if (found.length === 0) return null;
  const cut = clipped ? Math.floor(found.length * 0.02) : 0;
  return { low: found[cut] as number, high: found[found.length - 1 - cut] as number };
}

/** Number of the shade of a value; values outside the domain take its ends, -1 is no number. */
export function shadeOf(value: number, { low, high }: Domain): number {
  if (!Number.isFinite(value)) return -1;
  if (high <= low) return SHADES >> 1;
  const part = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return Math.round(part * (SHADES - 1));
}

/** A shade as CSS writes it. */
export function shadeText(shades: Uint8ClampedArray, shade: number): string {
  return `rgb(${shades[shade * 3]} ${shades[shade * 3 + 1]} ${shades[shade * 3 + 2]})`;
}

/** Whether black reads better on a shade than white, by relative luminance. */
export function takesBlack(shades: Uint8ClampedArray, shade: number): boolean {
  const channel = (k: number): number => {
    const part = (shades[shade * 3 + k] as number) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2);
  return (luminance + 0.05) ** 2 > 1.05 * 0.05;
}
