/** The global `process`, for those that name it. */
export { process } from "../modules/process.ts";
