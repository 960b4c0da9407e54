import type { z } from 'zod';

/** One call of the contract: what goes in and what comes out. */
export function call<Input extends z.ZodType, Output extends z.ZodType>(
  input: Input,
  output: Output,
): { readonly input: Input; readonly output: Output } {
  return { input, output } as const;
}
