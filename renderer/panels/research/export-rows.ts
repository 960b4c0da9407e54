import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { workstation } from '../../client/store.ts';
import { download, toCsv } from '../../components/csv.ts';
import { codeText } from './ranges.ts';
import { MOST_ROWS, type SweepDetail } from './rows-grid.tsx';

const PAGE = 5_000;

/** Saves the rows of a sweep as CSV, best first, choices by their names. @returns what went wrong */
export async function saveRows(
  item: ResearchItem,
  { dimensions }: SweepDetail,
  sort: string | undefined,
): Promise<ErrorPayload | null> {
  const lines: (string | number)[][] = [];
  let header: readonly string[] = [];
  try {
    for (let offset = 0; offset < MOST_ROWS; offset += PAGE) {
      const { detail } = await workstation().call('research.get', {
        researchId: item.id,
        offset,
        limit: PAGE,
        ...(sort === undefined ? {} : { sort }),
      });
      if (detail.kind !== 'sweep') break;
      const { names, columns } = detail.page;
      header = names;
      const byName = names.map((name) => dimensions.find(({ column }) => column === name));
      const count = columns[0]?.length ?? 0;
      for (let k = 0; k < count; k += 1) {
        lines.push(
          columns.map((column, c) => {
            const dimension = byName[c];
            const value = column[k] as number;
            return dimension === undefined ||
              dimension.kind === 'integer' ||
              dimension.kind === 'real'
              ? value
              : codeText(dimension, value);
          }),
        );
      }
      if (count < PAGE) break;
    }
  } catch (error) {
    return toErrorPayload(error);
  }
  download(`${fileName(item.title)}.csv`, toCsv(header, lines));
  return null;
}

/** A title as the name of a file. */
export function fileName(title: string): string {
  return title.replaceAll(/[^\p{L}\p{N}.-]+/gu, '-').replaceAll(/^-+|-+$/g, '') || 'research';
}
