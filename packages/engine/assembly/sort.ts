// Sorting.

/** Sorts `n` doubles (Shell 1959, gaps by Ciura 2001). */
export function sort(values: usize, n: i32): void {
  for (let round = 0; round < 8; round++) {
    const gap: i32 = round == 0 ? 701 : round == 1 ? 301 : round == 2 ? 132 : round == 3 ? 57 : round == 4 ? 23 : round == 5 ? 10 : round == 6 ? 4 : 1;
    for (let i = gap; i < n; i++) {
      const x = load<f64>(values + i * 8);
      let j = i;
      for (; j >= gap && load<f64>(values + (j - gap) * 8) > x; j -= gap) store<f64>(values + j * 8, load<f64>(values + (j - gap) * 8));
      store<f64>(values + j * 8, x);
    }
  }
}
