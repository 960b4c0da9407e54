import { z } from 'zod';
import { timeframeText } from './schemas.ts';

/**
 * A strategy as data: rules in the expression language. The strategy builder, agents and people write it
 * as JSON or YAML; docs/strategies.md explains every field. Objects are strict: an unknown key is an error.
 */

/** Longest text of a strategy file or document. */
export const MAX_STRATEGY_TEXT = 200_000;

const nameText = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,31}$/, {
  message: 'a name begins with a letter and has only letters, digits and _, 32 at most',
});
const expression = z
  .string()
  .min(1)
  .max(10_000)
  .describe('An expression; see docs/expressions.md.');
const condition = expression.describe('A condition in the expression language.');
/** A number, or an expression of parameters alone. */
const amount = z
  .union([z.number(), z.string().min(1).max(1_000)])
  .describe('A number, or an expression of parameters alone.');

const parameter = z.strictObject({
  default: z.number(),
  min: z.number(),
  max: z.number(),
  step: z.number().positive().optional().describe('Step of forms and sweeps; 1 for whole numbers.'),
  label: z.string().min(1).max(64).optional(),
  description: z.string().max(1_000).optional(),
  unit: z.string().max(16).optional(),
});

const sides = z.strictObject({ long: condition.optional(), short: condition.optional() });

/** How far a stop or target is from the entry: one of percent, atr, price or long and short. */
const distance = z.strictObject({
  percent: amount.optional().describe('Percent of the entry price.'),
  atr: amount.optional().describe('Multiple of the average true range.'),
  period: amount.optional().describe('Bars of the average true range, 14 when absent.'),
  price: expression.optional().describe('A price, for positions of both sides.'),
  long: expression.optional().describe('A price for long positions.'),
  short: expression.optional().describe('A price for short positions.'),
});

const sizing = z.union([
  z.literal('all').describe('All equity, after costs.'),
  z.strictObject({
    percent: amount.optional().describe('Percent of equity.'),
    quantity: amount.optional().describe('Units.'),
    notional: amount.optional().describe('Value in the instrument’s currency.'),
    riskPercent: amount
      .optional()
      .describe('Percent of equity that is lost when the stop is reached.'),
    volatilityTarget: amount
      .optional()
      .describe('Yearly volatility of the whole account, in percent.'),
    lookback: amount.optional().describe('Bars of the realised volatility, 20 when absent.'),
    periodsPerYear: z.number().positive().max(1e8).optional().describe('252 when absent.'),
    maxPercent: amount
      .optional()
      .describe('Most of the equity that a computed size may take, 95 when absent.'),
    rebalance: amount
      .optional()
      .describe('Trades back to the volatility target when the size is off by so many percent.'),
  }),
]);

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export const strategyDocument = z.strictObject({
  name: z.string().min(1).max(64),
  description: z.string().max(4_000),
  version: z.number().int().min(1).max(1_000_000),
  source: z.string().max(1_000).optional().describe('Where the rules come from.'),
  instruments: z.array(z.string().min(1).max(48)).max(64).optional().describe('Made for these.'),
  timeframe: timeframeText.optional().describe('Made for bars of this length.'),
  parameters: z.record(nameText, parameter).optional(),
  constraints: z
    .array(condition)
    .max(32)
    .optional()
    .describe('Conditions of parameters alone that must hold, such as fast < slow.'),
  define: z
    .record(nameText, expression)
    .optional()
    .describe('Named expressions; later ones may use those before.'),
  entry: sides,
  exit: sides.optional(),
  stops: z
    .strictObject({
      stopLoss: distance.optional(),
      takeProfit: distance.optional(),
      trailing: distance.optional(),
      timeStop: amount.optional().describe('Leaves on the so many-th close after the entry.'),
    })
    .optional(),
  sizing: sizing.optional().describe('The run’s own size rule when absent.'),
  order: z
    .strictObject({
      type: z.enum(['market', 'limit', 'stop']),
      price: expression.optional().describe('Price of a limit or stop order, for both sides.'),
      long: expression.optional(),
      short: expression.optional(),
      timeInForce: z
        .enum(['bar', 'gtc'])
        .optional()
        .describe('bar: works for one bar; gtc: until it is filled or its exit comes.'),
    })
    .optional()
    .describe('How entries are ordered; at the market when absent. Exits always are.'),
  filters: z
    .strictObject({
      session: z
        .string()
        .regex(/^\d\d:\d\d-\d\d:\d\d$/, { message: 'write clock times as 09:30-16:00' })
        .optional()
        .describe('Entries only on bars that begin in these hours of the market’s zone.'),
      weekdays: z.array(z.enum(WEEKDAYS)).min(1).max(7).optional(),
      when: condition.optional().describe('Entries only while this holds.'),
      maxOpen: z
        .number()
        .int()
        .min(1)
        .max(1_000)
        .optional()
        .describe('Entries that may be open together on one side, 1 when absent.'),
      cooldown: amount.optional().describe('Closes after an exit that give no entry.'),
    })
    .optional(),
  plot: z.record(z.string().min(1).max(64), expression).optional().describe('Series to draw.'),
});
export type StrategyDocument = z.infer<typeof strategyDocument>;
export type StrategyDistance = z.infer<typeof distance>;
export type StrategyAmount = z.infer<typeof amount>;

/** What a strategy in TypeScript exports besides its functions. */
export const strategyModule = z.strictObject({
  title: z.string().min(1).max(64),
  description: z.string().max(4_000),
  source: z.string().max(1_000).optional(),
  instruments: z.array(z.string().min(1).max(48)).max(64).optional(),
  timeframe: timeframeText.optional(),
  /** Trades the instruments together, on shared cash. */
  portfolio: z.boolean().optional(),
  parameters: z.record(
    nameText,
    z.union([
      z.strictObject({
        default: z.number(),
        min: z.number(),
        max: z.number(),
        step: z.number().positive().optional(),
        label: z.string().min(1).max(64).optional(),
        description: z.string().max(1_000).optional(),
        unit: z.string().max(16).optional(),
      }),
      z.strictObject({
        default: z.string().max(64),
        choices: z.array(z.string().min(1).max(64)).min(1).max(64),
        label: z.string().min(1).max(64).optional(),
        description: z.string().max(1_000).optional(),
      }),
      z.strictObject({
        default: z.boolean(),
        label: z.string().min(1).max(64).optional(),
        description: z.string().max(1_000).optional(),
      }),
    ]),
  ),
});
export type StrategyModule = z.infer<typeof strategyModule>;

/** One thing that is wrong with a document, with the path to it. */
export interface DocumentProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The key itself is wrong, not its value. */
  readonly atKey?: boolean;
}

/** The first problem of a failed check; of a choice between forms, the one that came nearest. */
export function firstProblem(error: z.ZodError): DocumentProblem {
  // A mistyped key is most often the reason why another one is missing.
  const mistyped = error.issues.find(({ code }) => code === 'unrecognized_keys');
  const issue = mistyped ?? error.issues[0];
  return issue === undefined ? { path: [], message: 'is not valid' } : problemOf(issue, []);
}

function problemOf(issue: z.core.$ZodIssue, above: readonly (string | number)[]): DocumentProblem {
  const path = [
    ...above,
    ...issue.path.map((part) => (typeof part === 'number' ? part : String(part))),
  ];
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.flatMap(([first]) =>
      first === undefined ? [] : [problemOf(first, path)],
    );
    const deepest = branches.toSorted((a, b) => b.path.length - a.path.length)[0];
    if (deepest !== undefined && deepest.path.length > path.length) return deepest;
    const messages = [...new Set(branches.map(({ message }) => message))];
    if (messages.length > 0) return { path, message: messages.join(', or ') };
  }
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    return { path: [...path, key], message: 'is no field of a strategy document', atKey: true };
  }
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues;
    return { path, message: inner?.message ?? issue.message };
  }
  const text = issue.message.replace(/^Invalid input: /, '').replace(/^Invalid option: /, '');
  return { path, message: text };
}
