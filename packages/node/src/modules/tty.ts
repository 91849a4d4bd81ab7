/** `tty`: an image's console is none. */
export function isatty(_descriptor: number): boolean {
  return false;
}

export default { isatty };
