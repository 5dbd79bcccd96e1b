; A program that counts in an array, as clang -target bpf -O2 -S -emit-llvm writes it.
target triple = "bpf"

%struct.anon = type { ptr, ptr, ptr, ptr }

@hits = dso_local global %struct.anon zeroinitializer, section ".maps", align 8, !dbg !0
@llvm.compiler.used = appending global [2 x ptr] [ptr @hits, ptr @on_switch], section "llvm.metadata"

define dso_local noundef i32 @on_switch(ptr nocapture readnone %ctx) section "raw_tracepoint/sched_switch" !dbg !30 {
entry:
  %key = alloca i32, align 4
  store i32 0, ptr %key, align 4
  %value = call ptr inttoptr (i64 1 to ptr)(ptr @hits, ptr %key)
  %none = icmp eq ptr %value, null
  br i1 %none, label %end, label %add

add:
  %old = atomicrmw add ptr %value, i64 1 seq_cst, align 8
  br label %end

end:
  ret i32 0
}

!llvm.dbg.cu = !{!2}
!llvm.module.flags = !{!28, !29}

!0 = !DIGlobalVariableExpression(var: !1, expr: !DIExpression())
!1 = distinct !DIGlobalVariable(name: "hits", scope: !2, file: !3, line: 1, type: !4, isLocal: false, isDefinition: true)
!2 = distinct !DICompileUnit(language: DW_LANG_C11, file: !3, isOptimized: true, runtimeVersion: 0, emissionKind: FullDebug, globals: !{!0}, nameTableKind: None)
!3 = !DIFile(filename: "hits.c", directory: "/")
!4 = distinct !DICompositeType(tag: DW_TAG_structure_type, file: !3, line: 1, size: 256, elements: !5)
!5 = !{!6, !11, !15, !18}
!6 = !DIDerivedType(tag: DW_TAG_member, name: "type", scope: !4, file: !3, line: 1, baseType: !7, size: 64)
!7 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !8, size: 64)
!8 = !DICompositeType(tag: DW_TAG_array_type, baseType: !9, size: 64, elements: !10)
!9 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!10 = !{!DISubrange(count: 2)}
!11 = !DIDerivedType(tag: DW_TAG_member, name: "max_entries", scope: !4, file: !3, line: 1, baseType: !12, size: 64, offset: 64)
!12 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !13, size: 64)
!13 = !DICompositeType(tag: DW_TAG_array_type, baseType: !9, size: 32, elements: !14)
!14 = !{!DISubrange(count: 1)}
!15 = !DIDerivedType(tag: DW_TAG_member, name: "key", scope: !4, file: !3, line: 1, baseType: !16, size: 64, offset: 128)
!16 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !17, size: 64)
!17 = !DIBasicType(name: "unsigned int", size: 32, encoding: DW_ATE_unsigned)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "value", scope: !4, file: !3, line: 1, baseType: !19, size: 64, offset: 192)
!19 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !20, size: 64)
!20 = !DIBasicType(name: "unsigned long long", size: 64, encoding: DW_ATE_unsigned)
!28 = !{i32 7, !"Dwarf Version", i32 5}
!29 = !{i32 2, !"Debug Info Version", i32 3}
!30 = distinct !DISubprogram(name: "on_switch", scope: !3, file: !3, line: 3, type: !31, scopeLine: 4, spFlags: DISPFlagDefinition | DISPFlagOptimized, unit: !2)
!31 = !DISubroutineType(types: !32)
!32 = !{!9, !33}
!33 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: null, size: 64)
