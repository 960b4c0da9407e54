import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import { openLogFile, type LogFileOptions } from './log-file.ts';

export interface Log {
  readonly logger: Logger;
  flushSync(): void;
  close(): Promise<void>;
}

/** Keys whose values never reach a log, at the top of a record and one level below. */
const SECRETS = [
  'token',
  'cookie',
  'authorization',
  'password',
  'secret',
  'key',
  'apiKey',
  'account',
];

/** Opens `logs/<name>.log` of a data directory: JSON lines, bounded in size, secrets left out. */
export function openLog(dataDirectory: string, name: string, limits?: LogFileOptions): Log {
  const file = openLogFile(join(dataDirectory, 'logs', `${name}.log`), limits);
  const logger = pino(
    {
      level: 'info',
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRETS.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
      serializers: { err: errorRecord },
    },
    { write: (line) => file.write(line) },
  );
  return { logger, flushSync: () => file.flushSync(), close: () => file.close() };
}

/** Tokens travel in addresses, and addresses in messages. */
export function withoutTokens(text: string): string {
  return text.replaceAll(/(token=)[^\s&"']+/gi, '$1[redacted]');
}

function errorRecord(thrown: unknown): Record<string, unknown> {
  if (!(thrown instanceof Error)) return { message: withoutTokens(String(thrown)) };
  return {
    type: thrown.name,
    message: withoutTokens(thrown.message),
    stack: withoutTokens(thrown.stack ?? ''),
    ...(thrown.cause === undefined ? {} : { cause: errorRecord(thrown.cause) }),
  };
}
