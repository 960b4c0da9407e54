import { stripTypeScriptTypes } from 'node:module';
import { RenataError } from '../../../engine/domain/errors.ts';

/**
 * JavaScript of a strategy in TypeScript: types are replaced by blanks, so that lines and columns stay.
 * @throws RenataError BAD_FILE with file and line
 */
export function stripTypes(text: string, file: string): string {
  // Node calls this experimental once in a program; the command line has nothing to say about it.
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    const code = stripTypeScriptTypes(text, { mode: 'strip', sourceUrl: file });
    // The name is given again by whoever runs it.
    return code.replace(/\n*\/\/# sourceURL=[^\n]*$/, '');
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Node writes the place before the error's own stack: file:line, the line, and marks below it.
    const [first = '', ...snippet] = (error.stack ?? '').split('\n');
    const marks = snippet.find((each) => /^ *\^+$/.test(each.trimEnd())) ?? '';
    const line = Number(/:(\d+)$/.exec(first)?.[1] ?? 0);
    const column = marks.includes('^') ? marks.indexOf('^') + 1 : 0;
    const place = line > 0 ? `, line ${line}${column > 0 ? `, column ${column}` : ''}` : '';
    throw new RenataError('BAD_FILE', `${file}${place}: ${error.message.replace(/\.$/, '')}.`, {
      details: { file, ...(line > 0 ? { line } : {}), ...(column > 0 ? { column } : {}) },
      cause: error,
    });
  } finally {
    process.emitWarning = emitWarning;
  }
}
