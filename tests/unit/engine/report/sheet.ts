import { expect } from 'vitest';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import type { ReportRun, TearSheetInput } from '../../../../engine/report/subject.ts';
import { tearSheet } from '../../../../engine/report/tear-sheet.ts';
import { readStrictly, type Element } from './well-formed.ts';

/** What a reader sees of a sheet, section by section. */
export interface Sheet {
  readonly html: string;
  readonly elements: readonly Element[];
  /** Text of a section without its markup, with single spaces. */
  text(id: string): string;
  /** Descriptions of the pictures of a section. */
  described(id: string): string;
  /** Value of a row of the list or table of a section: the first cells after its name. */
  row(id: string, name: string): string[];
}

const plain = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ')
    .trim();

export function sheetOf(
  run: ReportRun,
  bars: BarColumns | null,
  more: Partial<TearSheetInput> = {},
): Sheet {
  const html = tearSheet({ run, bars, version: '1', ...more });
  const elements = readStrictly(html);
  const part = (id: string): string => {
    const from = html.indexOf(`<section id="${id}"`);
    expect(from).toBeGreaterThan(0);
    return html.slice(from, html.indexOf('</section>', from));
  };
  // Nothing that only a machine could have meant is ever shown or drawn.
  expect(plain(html)).not.toMatch(/NaN|Infinity|undefined|\[object/);
  for (const { attributes } of elements) {
    expect(attributes.get('d') ?? '').not.toMatch(/NaN|Infinity/);
  }
  return {
    html,
    elements,
    text: (id) => plain(part(id)),
    described: (id) => plain([...part(id).matchAll(/<desc[^>]*>[^<]*/g)].join(' ')),
    row: (id, name) => {
      const cells = [...part(id).matchAll(/<(?:dt|dd|th|td)[^>]*>(.*?)<\/(?:dt|dd|th|td)>/gs)];
      const texts = cells.map(([, text = '']) => plain(text));
      const at = texts.indexOf(name);
      expect(at).toBeGreaterThanOrEqual(0);
      return texts.slice(at + 1, at + 4);
    },
  };
}

/** Tiles of the key figures: name, figure, what stands below. */
export function tiles({ html }: Sheet): string[] {
  return [...html.matchAll(/<div class="tile">(.*?)<\/div>/gs)].map(([, text = '']) => plain(text));
}
