import type { Command } from 'commander';
import type { Parameter } from '../../../engine/domain/parameters.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { INDICATORS, type IndicatorSummary } from '../../../engine/indicators/registry.ts';
import { suggestion } from '../../services/nearest-name.ts';
import { openTerminal } from '../terminal.ts';
import { formatTable } from '../table.ts';
import { common, print, type CommonOptions } from './context.ts';

interface IndicatorFlags extends CommonOptions {
  readonly group?: string;
  readonly search?: string;
}

/** `indicators [name]`: the catalogue, or all there is to say of one entry. It needs no store. */
export function addIndicators(program: Command): void {
  common(
    program
      .command('indicators [name]')
      .description('list the indicators, or explain one')
      .option('--group <name>', 'only this group')
      .option('--search <text>', 'only those whose name, alias or title holds the text'),
  ).action(async (name: string | undefined, flags: IndicatorFlags) => {
    const terminal = openTerminal({ json: flags.json === true });
    print(terminal, name === undefined ? list(flags) : explain(name));
    await terminal.flush();
  });
}

function list({ group, search }: IndicatorFlags): { json: unknown; text: string } {
  const groups = [...new Set(INDICATORS.map((each) => each.group))];
  const wanted = group?.toLowerCase();
  if (wanted !== undefined && !groups.some((each) => each.toLowerCase() === wanted)) {
    throw new RenataError(
      'BAD_INPUT',
      `group: there is no group "${group ?? ''}"; there are ${groups.join(', ')}.`,
      { details: { parameter: 'group' } },
    );
  }
  const text = search?.toLowerCase();
  const found = INDICATORS.filter(
    (each) =>
      (wanted === undefined || each.group.toLowerCase() === wanted) &&
      (text === undefined ||
        [each.id, each.title, ...each.aliases].some((name) => name.toLowerCase().includes(text))),
  );
  const rows = found.map(({ id, title, group: of, parameters, outputs }) => [
    id,
    title,
    of,
    parameters.map(({ name, default: value }) => `${name}=${String(value)}`).join(' '),
    outputs.map(({ name }) => name).join(' '),
  ]);
  const columns = ['Indicator', 'Title', 'Group', 'Parameters', 'Outputs'];
  return {
    json: found,
    text:
      found.length === 0
        ? 'No indicator fits; renata indicators lists all.'
        : formatTable(
            columns.map((title) => ({ title })),
            rows,
          ),
  };
}

function explain(name: string): { json: unknown; text: string } {
  const wanted = name.trim().toLowerCase();
  const found = INDICATORS.find(({ id, aliases }) => id === wanted || aliases.includes(wanted));
  if (found === undefined) {
    const known = INDICATORS.flatMap(({ id, aliases }) => [id, ...aliases]);
    throw new RenataError(
      'NOT_FOUND',
      `There is no indicator "${name}".${suggestion(name, known)} renata indicators lists all.`,
      { details: { parameter: 'name' } },
    );
  }
  return { json: found, text: describe(found) };
}

function describe(indicator: IndicatorSummary): string {
  const { id, title, group, aliases, inputs, demands, parameters, outputs } = indicator;
  const facts: [string, string][] = [
    [
      'call',
      `${id}(${[...(demands.length > 0 ? inputs : []), ...parameters.map((each) => String(each.default))].join(', ')})`,
    ],
    ['group', group],
    ['also', aliases.join(', ')],
    ['reads', inputs.join(', ')],
    ['demands', demands.length > 0 ? `${demands.join(', ')}: there is no usual series` : ''],
    ['gives', outputs.map((output) => `${output.name} (${output.label})`).join(', ')],
    ['look-back', `${indicator.lookback} bars with the defaults`],
    ['unstable', indicator.unstable ? 'yes: early values depend on where the series starts' : 'no'],
    ['drawn', indicator.pane === 'overlay' ? 'on the price' : 'in a pane of its own'],
    ['levels', indicator.levels.join(', ')],
    ['formula', indicator.formula],
    ['source', indicator.source],
  ];
  const table = formatTable(
    ['Parameter', 'Default', 'Range', 'Meaning'].map((heading) => ({ title: heading })),
    parameters.map((each) => [each.name, String(each.default), rangeOf(each), each.description]),
  );
  return [
    title,
    '',
    indicator.explanation,
    '',
    ...facts
      .filter(([, value]) => value !== '')
      .map(([key, value]) => `${key.padEnd(10)} ${value}`),
    ...(parameters.length === 0 ? [] : ['', table]),
  ].join('\n');
}

function rangeOf(parameter: Parameter): string {
  switch (parameter.kind) {
    case 'integer':
    case 'real':
      return `${parameter.min} to ${parameter.max}`;
    case 'choice':
      return parameter.choices.join(', ');
    case 'boolean':
      return 'true, false';
  }
}
