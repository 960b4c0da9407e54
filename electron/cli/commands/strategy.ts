import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { makeStrategyFolder } from '../../services/strategies/folder.ts';
import {
  readStrategyDocument,
  writeStrategyDocument,
} from '../../services/strategies/read-document.ts';
import { findNamed, isFile, readSource } from '../strategy-source.ts';
import { common, run, type CommonOptions } from './context.ts';

interface NewOptions extends CommonOptions {
  readonly from: string;
}

/** `strategy check`, `new`, `format`, `trust`: the user's own strategies. */
export function addStrategy(program: Command): void {
  const strategy = program
    .command('strategy')
    .description('check, make and trust strategies of your own');
  common(
    strategy
      .command('check <file>')
      .description('read a strategy file, or one of the library by name, and say what is wrong'),
  ).action((name: string, options: CommonOptions) =>
    run(options, async (session) => {
      const { entry } = await findNamed(session, name);
      const parameters = entry.parameters.map((each) => `${each.name}=${String(each.default)}`);
      const lines = [
        `${name} is fine: ${entry.title}`,
        parameters.length === 0 ? 'no parameters' : `parameters ${parameters.join(' ')}`,
      ];
      return { json: { ok: true, ...entry }, text: lines.join('\n') };
    }),
  );
  common(
    strategy
      .command('new <name>')
      .description('copy an example into your strategies folder')
      .requiredOption(
        '--from <example>',
        'example to begin with; renata list-strategies names them',
      ),
  ).action((name: string, options: NewOptions) =>
    run(options, async ({ workstation }) => {
      const path = await createFrom(name, options.from, workstation.strategies);
      return { json: { ok: true, file: path }, text: `wrote ${path}` };
    }),
  );
  common(
    strategy
      .command('format <file>')
      .description('print a document, a file or one of the library, in its canonical form'),
  ).action((name: string, options: CommonOptions) =>
    run(options, async (session) => {
      const file = isFile(name) ? name : ((await findNamed(session, name)).entry.file ?? name);
      const source = readSource(file);
      if (source.language !== 'yaml' && source.language !== 'json') {
        throw new RenataError(
          'BAD_INPUT',
          `${file}: only documents (YAML, JSON) have such a form.`,
        );
      }
      const { document } = readStrategyDocument(source.text, source.name);
      return { json: document, text: writeStrategyDocument(document) };
    }),
  );
  common(
    strategy
      .command('trust <name>')
      .description(
        'let a strategy in code of yours run outside of the sandbox until its file changes',
      )
      .option('--no', 'take it back'),
  ).action((name: string, options: CommonOptions & { readonly no?: boolean }) =>
    run(options, async ({ workstation }) => {
      const trusted = options.no !== true;
      await workstation.strategies.trust(name, trusted);
      const text = trusted
        ? `${name} runs outside of the sandbox until its file changes`
        : `${name} runs in the sandbox`;
      return { json: { ok: true, trusted }, text };
    }),
  );
}

/** @throws RenataError BAD_INPUT for a name that is none, CONFLICT for one that is taken */
async function createFrom(
  name: string,
  from: string,
  library: { readonly directory: string; example(id: string): Promise<string> },
): Promise<string> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) {
    const hint = isFile(name)
      ? 'give a name without folder and extension'
      : 'use letters, digits, - and _';
    throw new RenataError('BAD_INPUT', `name: "${name}" is no name of a strategy; ${hint}.`, {
      details: { parameter: 'name' },
    });
  }
  const example = await library.example(from);
  const path = join(library.directory, `${name}${extname(example)}`);
  const taken = ['.yaml', '.yml', '.json', '.ts', '.js'].find((extension) =>
    existsSync(join(library.directory, `${name}${extension}`)),
  );
  if (taken !== undefined) {
    throw new RenataError('CONFLICT', `There is a strategy "${name}" already: ${name}${taken}.`, {
      details: { parameter: 'name' },
    });
  }
  makeStrategyFolder(library.directory);
  await writeFile(path, await readFile(example, 'utf8'), { flag: 'wx' });
  return path;
}
