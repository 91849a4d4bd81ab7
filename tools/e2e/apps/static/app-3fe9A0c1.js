// A name with a hash.
