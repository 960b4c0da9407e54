/** What a number field takes. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly whole: boolean;
}

export function numberText(value: number): string {
  return String(value);
}

/** What is wrong with a typed number, in one sentence; `undefined` when nothing is. */
export function numberProblem(text: string, { min, max, whole }: NumberRange): string | undefined {
  const value = Number(text);
  const fits =
    text.trim() !== '' &&
    Number.isFinite(value) &&
    value >= min &&
    value <= max &&
    (!whole || Number.isInteger(value));
  if (fits) return undefined;
  const kind = whole ? 'A whole number' : 'A number';
  if (Number.isFinite(min) && Number.isFinite(max)) return `${kind} from ${min} to ${max}.`;
  return `${kind}.`;
}
