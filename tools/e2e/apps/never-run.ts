// Never calls run(). It must not build.
console.log("nothing to run");
