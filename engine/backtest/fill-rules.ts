/**
 * Versions of the rules of docs/fill-rules.md, oldest first, each a SHA-256, hex: of the text of the rules,
 * and since the fourth version of the orders of fixed random runs as well. A test computes the latest
 * anew, so that neither the table nor what the engine does with orders changes without a new line here.
 */
export const FILL_RULES_VERSIONS = [
  '896c2ce6fb1d23aeef825dd34b2b2f99f36e23dbc1c051b6538e4030979ebc89',
  'cc11c25c496d9888e705f8f7f525f53b2921c9045f7342108e68b37afeacac76',
  '81f777934d06bbb8e6395956a88d04efa68f27896345c29ad43b763b2d8d93fe',
  'a2c6a0833e6a2ae4f1b1d061047798ac758acc3fa43101c64e461d7c574d0dfc',
  '25d4003cd237104233aa790fba6f28d23f6e4d9b10cdcd8f623cf7e22bf968f1',
  '26e54d5cf8c6cd4f7065e5ae70c1c98ba109350244b5f906a099d2187ee44860',
] as const;

/** The rules that this engine follows. */
export const FILL_RULES = {
  version: FILL_RULES_VERSIONS.length,
  hash: FILL_RULES_VERSIONS.at(-1) ?? '',
} as const;
