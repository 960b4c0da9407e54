/** The note of a run some of whose trades depend on what came first inside a bar. */
export function noteOfDoubt(count: number, trades: number): string {
  return `${count} of ${trades} ${count === 1 ? 'trades depends' : 'trades depend'} on the order of prices inside a bar.`;
}
