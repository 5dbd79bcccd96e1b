struct broken {
	no_such_type field;
};
