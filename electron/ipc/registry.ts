import { RenataError, toErrorPayload } from '../../engine/domain/errors.ts';
import {
  calls,
  isCallName,
  type CallInput,
  type CallName,
  type CallOutput,
} from '../../engine/protocol/contract.ts';
import { validate } from '../../engine/protocol/wire.ts';
import type { Caller } from './caller.ts';

/** Who calls. Handlers may allow the command line what they refuse to a window. */
export interface CallContext {
  readonly carrier: 'electron' | 'websocket' | 'cli' | 'api';
  /** Name of the program behind a call that the local API carried. */
  readonly program?: string;
  /** What its work lasts as long as; without one, as long as the workstation. */
  readonly caller?: Caller;
}

type ReadonlyDeep<T> = T extends ArrayBufferView
  ? T
  : T extends object
    ? { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> }
    : T;

export type Handler<Name extends CallName> = (
  input: CallInput<Name>,
  context: CallContext,
) => Promise<ReadonlyDeep<CallOutput<Name>>>;

/** One handler for every call of the contract, whatever carries it. */
export type Handlers = { readonly [Name in CallName]: Handler<Name> };

/**
 * Answers one call.
 * @throws RenataError always, and nothing else, when the call fails.
 */
export type Dispatch = (name: unknown, input: unknown, context: CallContext) => Promise<unknown>;

export interface RegistryOptions {
  /** Told of every error that nobody meant to throw, before it crosses as `INTERNAL`. */
  readonly onDefect: (call: CallName, thrown: unknown) => void;
  /** Validates what handlers return as well; for tests and development. */
  readonly checkOutputs: boolean;
}

export function createRegistry(handlers: Handlers, options: RegistryOptions): Dispatch {
  return async (name, input, context) => {
    if (!isCallName(name)) {
      const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 64)) : typeof name;
      throw new RenataError('NOT_FOUND', `There is no call ${shown}; see the contract.`, {
        details: { parameter: 'name' },
      });
    }
    const checked = validate(calls[name].input, input, name);
    try {
      const handler = handlers[name] as (input: unknown, context: CallContext) => Promise<unknown>;
      const output = await handler(checked, context);
      if (options.checkOutputs) checkOutput(name, output);
      return output;
    } catch (thrown) {
      if (thrown instanceof RenataError && thrown.code !== 'INTERNAL') throw thrown;
      options.onDefect(name, thrown);
      throw RenataError.fromPayload(toErrorPayload(thrown));
    }
  };
}

function checkOutput(name: CallName, output: unknown): void {
  const result = calls[name].output.safeParse(output);
  if (result.success) return;
  const [issue] = result.error.issues;
  throw new Error(
    `${name} answered out of contract at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}`,
  );
}
