/** Instruments as a user types them: `SPY, QQQ GLD`. */
export function readSymbols(text: string): readonly string[] {
  return text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((name) => name.toUpperCase());
}

interface Stored {
  readonly id: string;
  readonly symbol: string;
  readonly instrumentId: string;
  readonly timeframe: string;
}

/** What a strategy of several instruments is to run on, or what is wrong with it. */
export type ReadInstruments<Dataset> =
  | { readonly names: readonly string[]; readonly first: Dataset }
  | { readonly error: string };

/**
 * @param named what the strategy names itself
 * @param shown the dataset of the chart, whose bar length is taken where the first instrument has it
 */
export function readInstruments<Dataset extends Stored>(
  text: string,
  named: readonly string[],
  datasets: readonly Dataset[],
  shown: Dataset,
): ReadInstruments<Dataset> {
  const typed = readSymbols(text);
  const given = typed.length > 0 ? typed : named.map((name) => name.toUpperCase());
  const names = given.length > 0 ? given : [shown.symbol];
  const of = (name: string): readonly Dataset[] => {
    const [venue, symbol] = name.split(':');
    const id = symbol === undefined ? name : `${symbol}.${venue}`;
    return datasets.filter((each) => each.symbol === id || each.instrumentId.toUpperCase() === id);
  };
  const missing = names.filter((name) => of(name).length === 0);
  if (missing.length > 0) {
    return { error: `No bars of ${missing.join(', ')}; import them or name others.` };
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return { error: `${twice} is there twice.` };
  const choices = of(names[0] ?? '');
  const first = choices.find(({ timeframe }) => timeframe === shown.timeframe) ?? choices[0];
  return first === undefined ? { error: 'Name at least one instrument.' } : { names, first };
}
