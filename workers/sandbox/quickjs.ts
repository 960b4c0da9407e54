import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  RELEASE_SYNC,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
} from 'quickjs-emscripten';
import type { RenataError } from '../../engine/domain/errors.ts';
import { failure, lineIn, readThrown, runTooLong, strategyFailed } from './failure.ts';
import { looksOf, MOST_MEMORY, PAGE, SANDBOX } from './limits.ts';
import { PRELUDE } from './prelude.ts';

/** What the types of this thread leave out of WebAssembly. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => Memory;
};
interface Memory {
  readonly buffer: ArrayBuffer;
}

/** Functions of ours that the prelude may call: texts and numbers in, text, number or bytes out. */
export type HostFunctions = Readonly<
  Record<string, (...args: readonly (string | number)[]) => string | number | Float64Array | void>
>;

const FIRST_PAGES = 256;
/** Numbers in the block that is written before each call, where nothing else is said. */
const BLOCK = 8;
/** What the engine itself would write to the console when it breaks off; its error says the same. */
const SILENT = { print: () => undefined, printErr: () => undefined };
/** First content of the block, which nothing else in the memory has. */
function markOf(length: number): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length }, (_, i) => Math.sqrt(i + 2) * 1e100);
}

/**
 * One strategy in a JavaScript engine of its own, inside WebAssembly: it reaches nothing but what the
 * prelude gives it. Memory is bounded by the memory of the WebAssembly itself, work by a counter that the
 * engine looks at, so that the bound is the same on every machine.
 */
export class Sandbox {
  readonly file: string;
  private readonly memory: Memory;
  private readonly context: QuickJSContext;
  private readonly driver: Readonly<Record<string, QuickJSHandle>>;
  private readonly blockAt: number;
  private readonly blockLength: number;
  private block: Float64Array;
  private looks = 0;
  /** Looks of the run's calls before this one; none are counted before a run begins. */
  private spent = Number.NEGATIVE_INFINITY;
  /** Looks that a run may take in all. */
  private readonly mostLooks: number;
  /** Calls into the sandbox that are running: one that the strategy causes itself is inside another. */
  private depth = 0;
  /** Set at its end; it is left to the collector as it is, as a whole. */
  private ended = false;

  private constructor(
    file: string,
    memory: Memory,
    runtime: QuickJSRuntime,
    host: HostFunctions,
    mostLooks: number,
    numbers: number,
  ) {
    this.file = file;
    this.memory = memory;
    this.mostLooks = mostLooks;
    runtime.setMaxStackSize(SANDBOX.stack);
    runtime.setInterruptHandler(() => {
      this.looks += 1;
      return this.isSpent();
    });
    this.context = runtime.newContext({
      intrinsics: {
        BaseObjects: true,
        Eval: true,
        StringNormalize: true,
        RegExp: true,
        RegExpCompiler: true,
        JSON: true,
        Proxy: true,
        MapSet: true,
        TypedArrays: true,
        Promise: true,
        BigInt: true,
        Date: false,
      },
    });
    const { context } = this;
    const block = context.newArrayBuffer(markOf(numbers).buffer);
    this.blockAt = placeOf(markOf(numbers), memory.buffer);
    this.blockLength = numbers;
    this.block = new Float64Array(memory.buffer, this.blockAt, numbers);
    // Before the first bar there is none to read.
    this.block.fill(Number.NaN);
    this.block[0] = -1;
    const prelude = context.unwrapResult(context.evalCode(PRELUDE, 'renata'));
    const functions = this.functions(host);
    const driver = context.unwrapResult(
      context.callFunction(prelude, context.undefined, functions, block),
    );
    this.driver = Object.fromEntries(
      ['told', 'load', 'check', 'create', 'bar', 'event'].map((name) => [
        name,
        context.getProp(driver, name),
      ]),
    );
    for (const handle of [block, prelude, functions, driver]) handle.dispose();
  }

  /**
   * @param barCount bars of the run: their columns find room beside the strategy's own memory
   * @param work million steps that the whole run may take
   * @param numbers length of the block that the strategy sees
   */
  static async open(
    file: string,
    barCount: number,
    host: HostFunctions,
    work: number = SANDBOX.work,
    numbers: number = BLOCK,
  ): Promise<Sandbox> {
    const bytes = Math.min(SANDBOX.memory + barCount * 8 * SANDBOX.columns, MOST_MEMORY);
    const memory = new WebAssembly.Memory({
      initial: FIRST_PAGES,
      maximum: Math.ceil(bytes / PAGE),
    });
    const variant = newVariant(RELEASE_SYNC, {
      wasmMemory: memory as never,
      emscriptenModule: SILENT as never,
    });
    const module = await newQuickJSWASMModuleFromVariant(variant);
    return new Sandbox(file, memory, module.newRuntime(), host, looksOf(work), numbers);
  }

  /** Runs the file and gives what it exports besides functions, as JSON. */
  load(code: string): string {
    return this.guarded(() => {
      const { context } = this;
      const result = context.evalCode(code, this.file, { type: 'module', strict: true });
      if (result.error !== undefined) throw this.thrown(result.error);
      const state = context.getPromiseState(result.value);
      if (state.type === 'pending') {
        throw strategyFailed(this.file, 0, 'a strategy cannot wait (await)');
      }
      if (state.type === 'rejected') throw this.thrown(state.error);
      const described = this.call('load', [state.value]);
      const text = context.getString(described);
      described.dispose();
      return text;
    });
  }

  /** What the strategy says against parameters; `undefined` when it agrees. */
  check(values: string): string | undefined {
    return this.guarded(() => this.textOf(this.call('check', [this.context.newString(values)])));
  }

  /** Makes the strategy ready. True when it wants to hear of orders. */
  create(values: string): boolean {
    // A run begins here; what the file itself and its checks did is none of it.
    this.looks = 0;
    this.spent = 0;
    return this.guarded(() => {
      const answer = this.call('create', [this.context.newString(values)]);
      const wants = this.context.getNumber(answer) === 1;
      answer.dispose();
      return wants;
    });
  }

  onBar(): void {
    this.guarded(() => this.told(this.call('bar', [])));
  }

  onOrder(event: string): void {
    this.guarded(() => this.told(this.call('event', [this.context.newString(event)])));
  }

  /** The numbers that the strategy sees. */
  numbers(): Float64Array {
    // Memory that has grown has left the old view behind.
    if (this.block.length === 0)
      this.block = new Float64Array(this.memory.buffer, this.blockAt, this.blockLength);
    return this.block;
  }

  /**
   * Ends the sandbox. Nothing inside is taken down: a strategy that was stopped in the middle, or waits for
   * what never comes, leaves values that the engine would break off at. Each sandbox has a WebAssembly of
   * its own, whose memory goes as a whole once nobody holds the sandbox.
   */
  dispose(): void {
    this.ended = true;
  }

  private call(name: string, args: QuickJSHandle[]): QuickJSHandle {
    const { context } = this;
    const result = context.callFunction(
      this.driver[name] as QuickJSHandle,
      context.undefined,
      ...args,
    );
    for (const handle of args) handle.dispose();
    if (result.error !== undefined) throw this.thrown(result.error);
    return result.value;
  }

  private told(answer: QuickJSHandle): void {
    const text = this.textOf(answer);
    if (text !== undefined) throw this.failed(readThrown(text));
  }

  private textOf(handle: QuickJSHandle): string | undefined {
    const { context } = this;
    const text = context.typeof(handle) === 'undefined' ? undefined : context.getString(handle);
    handle.dispose();
    return text;
  }

  /** The failure behind an error that came out of the sandbox. */
  private thrown(error: QuickJSHandle): RenataError {
    const { context } = this;
    if (this.isSpent()) {
      // What the engine throws to end a call is its own error: reading it runs no code of the strategy.
      const stack = context.getProp(error, 'stack').consume((handle) => context.getString(handle));
      return this.tooLong(lineIn(this.file, stack));
    }
    const result = context.callFunction(
      this.driver['told'] as QuickJSHandle,
      context.undefined,
      error,
    );
    error.dispose();
    if (result.error !== undefined) {
      if (this.isSpent()) return this.tooLong(0);
      return this.isFull()
        ? this.tooMuch(0)
        : strategyFailed(this.file, 0, 'it failed without a reason');
    }
    return this.failed(readThrown(this.textOf(result.value) ?? ''));
  }

  private failed(thrown: ReturnType<typeof readThrown>): RenataError {
    const full = this.isFull() && !/[^a-z ]/i.test(thrown.message);
    const line = lineIn(this.file, thrown.stack);
    if (thrown.message === 'out of memory' || (full && thrown.message.length < 5)) {
      return this.tooMuch(line);
    }
    if (thrown.message === 'stack overflow') return this.tooDeep(line);
    return failure(this.file, thrown);
  }

  /** Whether a bound on work is reached: the one of this call or the one of the run. */
  private isSpent(): boolean {
    return this.looks > SANDBOX.looks || this.isRunSpent();
  }

  private isRunSpent(): boolean {
    return this.spent + this.looks > this.mostLooks;
  }

  private isFull(): boolean {
    return this.memory.buffer.byteLength > SANDBOX.memory * 0.75;
  }

  private tooLong(line: number): RenataError {
    if (this.isRunSpent()) return runTooLong(this.file, this.mostLooks);
    // The engine knows the function that ran, and of the line in it only the last one that it noted.
    const where = line > 0 ? ' in the function that this line is in' : '';
    const text = `the strategy did not return; look for a loop without end${where}`;
    return strategyFailed(this.file, line, text);
  }

  private tooMuch(line: number): RenataError {
    const megabytes = SANDBOX.memory / 2 ** 20;
    return strategyFailed(
      this.file,
      line,
      `the strategy used more than its ${megabytes} MB of memory`,
    );
  }

  private tooDeep(line: number): RenataError {
    return strategyFailed(
      this.file,
      line,
      'too many calls are in each other; look for a recursion without end',
    );
  }

  /** Runs a call into the sandbox with a fresh counter; nothing of it can harm the thread. */
  private guarded<Result>(work: () => Result): Result {
    if (this.ended) throw strategyFailed(this.file, 0, 'its sandbox has ended; run it anew');
    if (this.depth === 0) {
      this.spent += this.looks;
      this.looks = 0;
    }
    this.depth += 1;
    try {
      return work();
    } catch (error) {
      if (error instanceof Error && error.name === 'RenataError') throw error;
      this.ended = true;
      // The stack of the WebAssembly itself ran out, or a check inside it ended it.
      if (error instanceof RangeError) throw this.tooDeep(0);
      if (this.isSpent()) throw this.tooLong(0);
      if (this.isFull()) throw this.tooMuch(0);
      const message = error instanceof Error ? error.message : String(error);
      throw strategyFailed(this.file, 0, `the sandbox ended it (${message})`);
    } finally {
      this.depth -= 1;
    }
  }

  private functions(host: HostFunctions): QuickJSHandle {
    const { context } = this;
    const object = context.newObject();
    for (const [name, work] of Object.entries(host)) {
      const handle = context.newFunction(name, (...args) => {
        const values = args.map((arg) =>
          context.typeof(arg) === 'number' ? context.getNumber(arg) : context.getString(arg),
        );
        const result = work(...values);
        if (result instanceof Float64Array) return context.newArrayBuffer(wholeBuffer(result));
        if (typeof result === 'string') return context.newString(result);
        return result === undefined ? context.undefined : context.newNumber(result);
      });
      context.setProp(object, name, handle);
      handle.dispose();
    }
    return object;
  }
}

/**
 * Where in the memory the block lies. The interface of the engine gives copies of buffers only; a view of
 * the block itself saves a call into the sandbox for each number of each bar.
 */
function placeOf(mark: Float64Array, memory: ArrayBuffer): number {
  const numbers = new Float64Array(memory);
  const places: number[] = [];
  for (let at = numbers.indexOf(mark[0] as number); at >= 0;) {
    if (mark.every((value, i) => numbers[at + i] === value)) places.push(at);
    at = numbers.indexOf(mark[0] as number, at + 1);
  }
  const [place] = places;
  if (place === undefined || places.length > 1) {
    throw new Error(`The sandbox holds its block ${places.length} times.`);
  }
  return place * Float64Array.BYTES_PER_ELEMENT;
}

function wholeBuffer(values: Float64Array): ArrayBufferLike {
  const { buffer, byteLength } = values;
  return buffer.byteLength === byteLength ? buffer : values.slice().buffer;
}
