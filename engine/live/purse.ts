/** The money that a book trades with; the books of a run of several instruments share it. */
export interface Purse {
  cash: number;
  /** What the positions of the other books are worth. */
  beside(): number;
  /** What they need to be held. */
  needed(): number;
}

/** That of a book that is alone. */
export function ownPurse(cash: number): Purse {
  return { cash, beside: () => 0, needed: () => 0 };
}
