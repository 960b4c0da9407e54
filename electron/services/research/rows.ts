import type { ParameterValue } from '../../../engine/domain/parameters.ts';
import type { ResearchDimension } from '../../../engine/protocol/research-schemas.ts';
import type { RowChunk } from '../../../engine/protocol/research-tasks.ts';
import type { ResearchRows } from '../../storage/research-types.ts';
import type { Store } from '../../storage/store-client.ts';

/** Rows that are read at a time: a few milliseconds of work between two looks at anything else. */
const PART_ROWS = 16_384;

/** Calls back with the stored rows of research, in the order of their places. */
export async function eachPart(
  store: Store,
  id: string,
  use: (part: ResearchRows) => void,
): Promise<void> {
  let from = 0;
  for (;;) {
    const parts = await store.readResearchPart(id, from, PART_ROWS);
    const last = parts.at(-1);
    if (last === undefined) return;
    for (const part of parts) use(part);
    from = Math.max(last.to, last.from + 1);
  }
}

/** All rows as columns on shared memory; none where they are more than `most`. */
export async function gather(
  store: Store,
  id: string,
  names: readonly string[],
  most: number,
): Promise<{ readonly rows: RowChunk | null }> {
  const found = (await store.listResearch()).find((each) => each.id === id);
  const count = found?.rows ?? 0;
  if (count > most) return { rows: null };
  const bytes = count * Float64Array.BYTES_PER_ELEMENT;
  const columns = names.map(() => new Float64Array(new SharedArrayBuffer(bytes)));
  let at = 0;
  await eachPart(store, id, ({ chunk }) => {
    for (const [c, column] of columns.entries()) {
      column.set(chunk.columns[c] ?? new Float64Array(0), at);
    }
    at += chunk.rows;
  });
  return { rows: { names, rows: count, columns } };
}

/** Values of the varied parameters of a row, whose first column is its number. */
export function parametersOf(
  dimensions: readonly ResearchDimension[],
  row: Float64Array,
): Record<string, ParameterValue> {
  return Object.fromEntries(
    dimensions.map(({ name, kind, choices }, d) => {
      const code = row[1 + d] as number;
      if (kind === 'choice') return [name, choices[code] as string];
      return [name, kind === 'boolean' ? code === 1 : code];
    }),
  );
}
