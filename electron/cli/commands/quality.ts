import { Option, type Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { parseIsoTime } from '../../../engine/domain/time.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import { QUALITY_GROUPS } from '../../../engine/protocol/execution-schemas.ts';
import { FITTED_DOCUMENT, optionOf, type FittedDocument } from '../fitted-slippage.ts';
import { runLive } from '../live-session.ts';
import { formatTable } from '../table.ts';
import { counted, formatNumber } from '../text.ts';
import { parseNumber } from '../values.ts';
import { common, type CommonOptions } from './context.ts';

interface QualityFlags extends CommonOptions {
  readonly by: (typeof QUALITY_GROUPS)[number];
  readonly of: 'decisions' | 'orders';
  readonly account?: string;
  readonly since?: string;
  readonly edges?: string;
}

/** `quality`: what orders have cost, and slippage fitted to it. */
export function addQuality(program: Command): void {
  const quality = common(
    program.command('quality').description('what orders have cost, against four prices'),
  )
    .addOption(
      new Option('--by <group>', 'what orders are put together by')
        .choices(QUALITY_GROUPS)
        .default('order'),
    )
    .addOption(
      new Option(
        '--of <what>',
        'decisions, of which an algorithm is one, or orders as they were sent',
      )
        .choices(['decisions', 'orders'])
        .default('decisions'),
    )
    .option('--account <id>', 'one account alone')
    .option('--since <date>', 'orders that arrived since then, UTC')
    .option('--edges <sizes>', 'upper ends of sizes: 100,1000; powers of ten when absent')
    .action((flags: QualityFlags) => runLive(flags, ({ client }) => report(client, flags)));
  common(
    quality
      .command('fit')
      .description('models of slippage fitted to the orders that took what there was'),
  )
    .option('--default', 'keep the model for backtests that ask for it with --slippage fitted')
    .option('--clear', 'forget the model that was kept')
    .action((flags: CommonOptions & { readonly default?: boolean; readonly clear?: boolean }) =>
      runLive(flags, ({ client }) => fit(client, flags)),
    );
}

type Client = Parameters<Parameters<typeof runLive>[1]>[0]['client'];

async function report(client: Client, flags: QualityFlags) {
  const { by, of, account, since, edges } = flags;
  const { rows } = await client.call('quality.report', {
    by,
    of,
    account: account ?? null,
    since: since === undefined ? null : parseIsoTime(since, 'since'),
    ...(edges === undefined
      ? {}
      : { edges: edges.split(',').map((edge) => parseNumber(edge, 'edges')) }),
  });
  if (rows.length === 0) return { json: rows, text: 'No order has ended yet.' };
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const costs = ['Decision', 'Arrival', 'Middle', 'VWAP', 'Fees', 'Shortfall'];
  const columns = [
    { title: by[0]?.toUpperCase() + by.slice(1) },
    right('Orders'),
    right('Quantity'),
    right('Filled'),
    right('Notional'),
    ...costs.flatMap((name) => [right(`${name} bp`), right('money')]),
    { title: '' },
  ];
  const cells = rows.map((row) => {
    const { decision, arrival, mid, vwap } = row.slippage;
    const each = [decision, arrival, mid, vwap, row.commission, row.shortfall];
    return [
      row.key,
      String(row.orders),
      formatNumber(row.quantity, places(row.quantity)),
      formatNumber(row.filled, places(row.filled)),
      formatNumber(row.notional, 2),
      ...each.flatMap(({ bps, money }) => [written(bps, 2), written(money, 2)]),
      row.currency,
    ];
  });
  const note = 'Positive is worse. n/a: a price was not known.';
  return { json: rows, text: `${formatTable(columns, cells)}\n${note}` };
}

async function fit(
  client: Client,
  flags: { readonly default?: boolean; readonly clear?: boolean },
) {
  if (flags.clear === true) {
    await client.call('workspace.save', { name: FITTED_DOCUMENT, json: 'null' });
    return { json: { kept: null }, text: 'No fitted slippage is kept any more.' };
  }
  const found = await client.call('quality.fit', {});
  const lines = fitLines(found);
  if (flags.default === true) {
    if (found.model === null) {
      throw new RenataError(
        'CONFLICT',
        `quality fit: there is no model to keep: ${lines.at(-1) ?? ''}`,
      );
    }
    const document: FittedDocument = {
      model: found.model,
      samples: found.samples,
      standardError: chosen(found).standardError,
    };
    await client.call('workspace.save', { name: FITTED_DOCUMENT, json: JSON.stringify(document) });
    lines.push('Kept for backtests that ask for it with --slippage fitted.');
  }
  return { json: found, text: lines.join('\n') };
}

type Found = CallOutput<'quality.fit'>;

const chosen = (found: Found): Found['bps'] =>
  found.model?.kind === 'square-root' ? found.coefficient : found.bps;

function fitLines(found: Found): string[] {
  const { samples, leftOut, bps, coefficient, model } = found;
  const left = leftOut === 0 ? '' : `; ${leftOut} left out, because something was not known`;
  const columns = [
    { title: 'Model' },
    { title: 'Value', align: 'right' },
    { title: 'Standard error', align: 'right' },
    { title: 'Unexplained bp', align: 'right' },
  ] as const;
  const rows = [
    ['bps', written(bps.value, 4), written(bps.standardError, 4), written(bps.residual, 4)],
    [
      'sqrt-impact',
      written(coefficient.value, 4),
      written(coefficient.standardError, 4),
      written(coefficient.residual, 4),
    ],
  ];
  const offer =
    model === null
      ? 'Nothing is offered: fewer than 20 orders, or they have cost nothing on average.'
      : `Offered: --slippage ${optionOf(model)}`;
  return [`${counted(samples, 'order')} measured${left}.`, formatTable(columns, rows), offer];
}

const written = (value: number | null, digits: number): string =>
  value === null ? 'n/a' : formatNumber(value, digits);

const places = (value: number): number => (Number.isInteger(value) ? 0 : 8);
