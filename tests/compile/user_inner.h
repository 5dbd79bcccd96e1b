struct user_inner {
	u64 when;
	char comm[TASK_COMM_LEN];
};
