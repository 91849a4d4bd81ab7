/** `os`: what little is true of an image. */
export const EOL = "\n";
export const arch = (): string => "x64";
export const platform = (): string => "linux";
export const type = (): string => "Soloist";
export const release = (): string => "0.0.0";
export const hostname = (): string => "unikernel";
export const homedir = (): string => "/";
export const tmpdir = (): string => "/tmp";
export const endianness = (): string => "LE";
export const cpus = (): readonly object[] => [{ model: "virtual", speed: 0 }];
export const loadavg = (): readonly number[] => [0, 0, 0];
export const uptime = (): number => performance.now() / 1000;
export const userInfo = (): object => ({ username: "root", uid: 0, gid: 0, homedir: "/", shell: null });
export const networkInterfaces = (): object => ({});

export default {
  EOL,
  arch,
  platform,
  type,
  release,
  hostname,
  homedir,
  tmpdir,
  endianness,
  cpus,
  loadavg,
  uptime,
  userInfo,
  networkInterfaces,
};
