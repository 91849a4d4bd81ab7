// apps/hello for Node.js.
console.log("Hello World!");
