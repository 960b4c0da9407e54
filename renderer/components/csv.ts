/** Lines of comma-separated values; texts are quoted where they must be, numbers keep every digit. */
export function toCsv(
  header: readonly string[],
  rows: Iterable<readonly (string | number)[]>,
): string {
  const lines = [header.map(cell).join(',')];
  for (const row of rows) lines.push(row.map(cell).join(','));
  return `${lines.join('\n')}\n`;
}

function cell(value: string | number): string {
  if (typeof value === 'number') return Number.isNaN(value) ? '' : String(value);
  return /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Hands a file to the user. */
export function download(fileName: string, content: string | Uint8Array, type = 'text/csv'): void {
  // What came over a carrier is never on shared memory.
  const part = content as string | Uint8Array<ArrayBuffer>;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([part], { type }));
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(link.href);
}
