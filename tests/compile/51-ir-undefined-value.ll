define i32 @f(ptr %ctx) {
  ret i32 %nothing
}
