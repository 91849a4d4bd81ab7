import { SoloistError } from "@soloist/interface";

/** What stands for a service that no code of an app names: an app that reaches it all the same is told so. */
export function leftOut<Service>(name: string, methods: readonly (keyof Service & string)[]): Service {
  const missing = () => {
    throw new SoloistError("ENOSYS", `the image was built without ${name}: nothing in the app names it`);
  };
  return Object.fromEntries(methods.map((method) => [method, missing])) as Service;
}
