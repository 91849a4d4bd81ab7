// Floating point as IEEE 754 and the mathematics library have it.
import { run } from "@soloist/runtime";

run([], () => {
  const results = [
    0.1 + 0.2 === 0.30000000000000004,
    1 / 3 === 0.3333333333333333,
    Math.sqrt(2) === Math.SQRT2,
    Math.abs(Math.sin(1) - 0.8414709848078965) < 1e-15,
    Math.abs(Math.exp(1) - Math.E) < 1e-15,
    Math.abs(3 ** 0.5 - 1.7320508075688772) < 1e-15,
    Math.fround(1.1) === 1.100000023841858,
    Math.hypot(3, 4) === 5,
    Number.isNaN(0 / 0),
    1 / 0 === Infinity,
    Object.is(-0 * 1, -0),
    5e-324 / 2 === 0,
    Number.MAX_VALUE * 2 === Infinity,
    (0.1).toFixed(20) === "0.10000000000000000555",
    Number.parseFloat("1e-7") === 1e-7,
    String(1e21) === "1e+21",
    Math.round(2.5) === 3,
    Math.round(-2.5) === -2,
    Math.trunc(-0.9) === 0,
    2 ** 53 + 1 === 2 ** 53,
  ];
  console.log(results.every(Boolean) ? "SUCCESS" : `wrong: ${results.map(String).join(" ")}`);
});
