declare const brand: unique symbol;

/**
 * A nominal type: a `Base` value that has passed the check that the brand names.
 * Only the constructor function beside each brand makes one, so a plain number or
 * string cannot be passed where a checked one is required.
 */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
