/**
 * A uniform number from 0 to 1 that depends on the seed and on the number of the draw alone: a draw is
 * repeated after a restart without a generator whose state would have to be kept. The mixing function is
 * that of splitmix32.
 */
export function draw(seed: number, index: number): number {
  return mix(mix(seed >>> 0) + Math.imul(index + 1, 0x9e3779b9)) / 4_294_967_296;
}

function mix(value: number): number {
  let z = value >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
