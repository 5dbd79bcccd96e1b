target triple = "x86_64-pc-linux-gnu"
define i32 @f(ptr %ctx) {
  ret i32 0
}
