import type { ErrorPayload } from '../domain/errors.ts';
import type { CodeAnswer, CodeStart } from './code.ts';
import type { PortfolioCodeStart } from './portfolio-code.ts';

/** A strategy in code, of one instrument or of several. */
export type ThreadWork =
  | { readonly kind: 'one'; readonly start: CodeStart }
  | { readonly kind: 'several'; readonly start: PortfolioCodeStart };

/** What the thread of a strategy in code that runs live is started with. */
export interface CodeThreadStart {
  readonly work: ThreadWork;
  /** Shared; `CONTROL_BEAT` of it changes with every call of the strategy, and is 0 while none runs. */
  readonly control: Int32Array;
}

export type CodeThreadMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: ErrorPayload }
  | { readonly kind: 'answer'; readonly answer: CodeAnswer };
