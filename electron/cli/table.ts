import { stripVTControlCharacters } from 'node:util';
import { harmless } from './text.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/** Columns as wide as their widest cell; a header line when any column has a title. No line end last. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  styleHeader: (text: string) => string = (text) => text,
): string {
  const cells = rows.map((row) => row.map((cell) => harmless(cell).replaceAll('\n', ' ')));
  const widths = columns.map(({ title }, index) =>
    cells.reduce(
      (widest, row) => Math.max(widest, displayWidth(row[index] ?? '')),
      displayWidth(title),
    ),
  );
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = row[index] ?? '';
        const space = ' '.repeat((widths[index] ?? 0) - displayWidth(cell));
        return align === 'right' ? space + cell : cell + space;
      })
      .join(GAP)
      .trimEnd();
  const lines = cells.map(line);
  if (columns.some(({ title }) => title !== '')) {
    lines.unshift(styleHeader(line(columns.map(({ title }) => title))));
  }
  return lines.join('\n');
}

const WIDE =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uff01-\uff60]/u;

/** Cells of a terminal that a text takes: two for East Asian letters, none for combining marks. */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  // eslint-disable-next-line no-control-regex
  if (/^[\u0020-\u007e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const letter of plain) {
    if (!/\p{Mark}/u.test(letter)) width += WIDE.test(letter) ? 2 : 1;
  }
  return width;
}
