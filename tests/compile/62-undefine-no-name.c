// undefine: a b
int x;
