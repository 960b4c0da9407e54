import { z } from 'zod';
import type { SlippageModel } from '../../engine/domain/backtest.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { slippageModel } from '../../engine/protocol/schemas.ts';
import type { SlippageSettings } from './cost-values.ts';
import type { Session } from './session.ts';

/** Name of the workspace's document that `quality fit --default` writes. */
export const FITTED_DOCUMENT = 'slippage.fitted';
export const FITTED = 'fitted';

const document = z.strictObject({
  model: slippageModel,
  samples: z.number().int().min(0),
  standardError: z.number().nullable(),
});
export type FittedDocument = z.infer<typeof document>;

/** The option that gives a model, so that a run can be given again without what was kept. */
export function optionOf(model: SlippageModel): string {
  switch (model.kind) {
    case 'bps':
      return `${model.bps}bps`;
    case 'square-root':
      return `sqrt-impact:${model.coefficient},window=${model.window}`;
    case 'fixed':
      return `${model.amount}/share`;
    case 'spread':
      return `spread:${model.bps}bps`;
    case 'volume-share':
      return `volume-share:${model.coefficient}`;
  }
}

/** Options without a slippage that can only be read once the store is open. */
export function withoutFitted<Options extends { readonly slippage: string }>(
  options: Options,
): Options {
  return isFitted(options) ? { ...options, slippage: '0' } : options;
}

const isFitted = ({ slippage }: { readonly slippage: string }): boolean =>
  slippage.trim().toLowerCase() === FITTED;

/**
 * What `--slippage fitted` stands for at this moment; undefined where it was not asked for. The run keeps the
 * model itself: a later fit does not change it.
 * @throws RenataError NOT_FOUND where no model was kept
 */
export async function fittedSettings(
  session: Pick<Session, 'call' | 'note'>,
  options: { readonly slippage: string },
): Promise<SlippageSettings | undefined> {
  if (!isFitted(options)) return undefined;
  const { json } = await session.call('workspace.load', { name: FITTED_DOCUMENT });
  const found = document.safeParse(json === null ? null : JSON.parse(json));
  if (!found.success) {
    throw new RenataError(
      'NOT_FOUND',
      'slippage: no fitted slippage is kept; make one with renata quality fit --default, or give a model such as 5bps.',
      { details: { parameter: 'slippage' } },
    );
  }
  const { model, samples } = found.data;
  session.note(`renata: slippage fitted to ${samples} orders: --slippage ${optionOf(model)}`);
  return { slippageBps: 0, slippage: model };
}
