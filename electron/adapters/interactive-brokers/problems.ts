import type { ConnectionPart } from '../../../engine/ports/connection.ts';

export type Part = 'orders' | 'account' | 'quotes' | 'history' | 'contracts';

interface Problem {
  readonly part: Part;
  readonly note: string;
  readonly needsUser: boolean;
}

const ALWAYS: readonly Part[] = ['orders', 'account', 'quotes', 'history'];

/** What does not work while the connection stands, each under a name by which it is taken back. */
export class Problems {
  readonly #problems = new Map<string, Problem>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  set(key: string, part: Part, note: string, needsUser = false): void {
    const known = this.#problems.get(key);
    if (known?.part === part && known.note === note) return;
    this.#problems.set(key, { part, note, needsUser });
    this.#onChange();
  }

  clear(key: string): void {
    if (this.#problems.delete(key)) this.#onChange();
  }

  /** Data farms tell their state again after TWS was reconnected. */
  clearFarms(): void {
    for (const key of this.#problems.keys())
      if (key.startsWith('farm ')) this.#problems.delete(key);
  }

  reset(): void {
    this.#problems.clear();
  }

  needsUser(): string | null {
    for (const { note, needsUser } of this.#problems.values()) if (needsUser) return note;
    return null;
  }

  parts(): ConnectionPart[] {
    const names = new Set<Part>([
      ...ALWAYS,
      ...[...this.#problems.values()].map(({ part }) => part),
    ]);
    return [...names].map((name) => {
      const notes = [...this.#problems.values()]
        .filter(({ part }) => part === name)
        .map(({ note }) => note);
      return { name, working: notes.length === 0, note: [...new Set(notes)].join(' ') };
    });
  }
}
