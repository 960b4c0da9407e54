import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { COMPUTED, roomOf, SEPARATE } from './rules.ts';

export interface Import {
  /** Repository path of the imported file, or the module's name. */
  readonly target: string;
  readonly kind: 'file' | 'package' | 'node';
  readonly line: number;
}

export interface Violation {
  readonly rule:
    | 'wrong-room'
    | 'separate-rooms'
    | 'package-not-allowed'
    | 'node-not-allowed'
    | 'clock-or-randomness'
    | 'no-room';
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

const NODE_MODULES = new Set([...builtinModules, 'node:sqlite']);

/** Global objects and functions that make a result depend on when or where it is computed. */
const BANNED_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  Date: ['now'],
  Math: ['random'],
  performance: ['now', 'timeOrigin', 'mark', 'measure'],
  crypto: ['randomUUID', 'getRandomValues'],
  globalThis: ['Date', 'Math', 'performance', 'crypto', 'setTimeout', 'setInterval'],
};
const BANNED_CALLS = new Set([
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'requestAnimationFrame',
]);

/** Everything that a file imports, static, dynamic or re-exported. */
export function importsOf(file: string, source: string): Import[] {
  const parsed = parseSync(file, source);
  const lineOf = lineCounter(source);
  const requests: { value: string; start: number }[] = [];
  for (const statement of parsed.module.staticImports) requests.push(statement.moduleRequest);
  for (const statement of parsed.module.staticExports) {
    const request = statement.entries[0]?.moduleRequest;
    if (request !== undefined && request !== null) requests.push(request);
  }
  for (const dynamic of parsed.module.dynamicImports) {
    const { start, end } = dynamic.moduleRequest;
    const text = source.slice(start, end);
    const written = /^(['"`])[^$]*\1$/.test(text);
    requests.push({ value: written ? text.slice(1, -1) : COMPUTED, start });
  }
  return requests.map(({ value, start }) => ({ ...resolve(file, value), line: lineOf(start) }));
}

function resolve(file: string, request: string): Omit<Import, 'line'> {
  if (request.startsWith('.')) {
    return { kind: 'file', target: posix.normalize(posix.join(posix.dirname(file), request)) };
  }
  const name = packageName(request);
  if (request.startsWith('node:') || NODE_MODULES.has(name)) {
    return { kind: 'node', target: request.startsWith('node:') ? request : `node:${request}` };
  }
  return { kind: 'package', target: name };
}

function packageName(request: string): string {
  const parts = request.split('/');
  return request.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? request);
}

/** Checks one product file against the rules of its room. `file` is its repository path. */
export function checkFile(file: string, source: string): Violation[] {
  const room = roomOf(file);
  if (room === undefined) {
    const message = 'no room of docs/architecture.md holds this file';
    return [{ rule: 'no-room', file, line: 1, message }];
  }
  const found: Violation[] = [];
  for (const { kind, target, line } of importsOf(file, source)) {
    const add = (rule: Violation['rule'], message: string): void => {
      found.push({ rule, file, line, message });
    };
    if (kind === 'package' && !packageAllowed(room.packages, target)) {
      add('package-not-allowed', `${room.path} may not use the package ${target}`);
    } else if (kind === 'node' && !room.node.includes('*') && !room.node.includes(target)) {
      add('node-not-allowed', `${room.path} may not use ${target}`);
    } else if (kind === 'file') {
      const own = [room.path, ...room.rooms].some(
        (allowed) => target === allowed || target.startsWith(`${allowed}/`),
      );
      if (!own) add('wrong-room', `${room.path} may not import ${target}`);
      if (own && crossesWall(file, target)) {
        add('separate-rooms', `${file} may not import its neighbour ${target}`);
      }
    }
  }
  if (!room.clock) found.push(...checkClock(file, source));
  return found;
}

function packageAllowed(allowed: readonly string[], target: string): boolean {
  return allowed.includes(target) || (allowed.includes('*') && target !== 'electron');
}

function crossesWall(file: string, target: string): boolean {
  return SEPARATE.some((wall) => {
    const prefix = `${wall}/`;
    if (!file.startsWith(prefix) || !target.startsWith(prefix)) return false;
    return file.slice(prefix.length).split('/')[0] !== target.slice(prefix.length).split('/')[0];
  });
}

function checkClock(file: string, source: string): Violation[] {
  const parsed = parseSync(file, source);
  const lineOf = lineCounter(source);
  const found: Violation[] = [];
  const ban = (start: number, what: string): void => {
    found.push({
      rule: 'clock-or-randomness',
      file,
      line: lineOf(start),
      message: `${what} is banned here: take a clock or a seeded generator as a parameter`,
    });
  };
  new Visitor({
    MemberExpression(node) {
      if (node.object.type !== 'Identifier') return;
      const banned = BANNED_MEMBERS[node.object.name];
      const property = node.property;
      const name =
        property.type === 'Identifier'
          ? property.name
          : property.type === 'Literal'
            ? String(property.value)
            : '';
      if (banned?.includes(name) === true) ban(node.start, `${node.object.name}.${name}`);
    },
    CallExpression(node) {
      if (node.callee.type === 'Identifier' && BANNED_CALLS.has(node.callee.name)) {
        ban(node.start, `${node.callee.name}()`);
      }
    },
    NewExpression(node) {
      const isDate = node.callee.type === 'Identifier' && node.callee.name === 'Date';
      if (isDate && node.arguments.length === 0) ban(node.start, 'new Date() without argument');
    },
  }).visit(parsed.program);
  return found;
}

function lineCounter(source: string): (offset: number) => number {
  return (offset) => source.slice(0, offset).split('\n').length;
}
